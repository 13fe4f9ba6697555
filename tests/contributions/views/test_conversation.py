"""What people write on a contribution's page, and what an open page learns of it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from contributions.actions.answer_thread import answer_thread
from contributions.actions.close import close
from contributions.actions.comment import comment
from contributions.actions.edit_comment import edit_comment
from contributions.actions.open_thread import open_thread
from contributions.actions.resolve_thread import resolve_thread
from contributions.actions.review import review
from contributions.conversation import ANSWERS, FIRST, LATEST, PIECE
from contributions.models import Comment, Contribution
from hub.models import User
from tests.conftest import signed_in
from tests.contributions.stories import say_often, submitted
from tests.contributions.views.test_detail import HTMX, read, second_version
from tests.factories import make_run, make_variant
from tests.queries import assert_constant_queries, count_queries


def shown(page: str, keys: list[int]) -> list[int]:
    return [key for key in keys if f'id="comment-{key}"' in page]


# --- What is named --------------------------------------------------------------------------------


def test_what_a_comment_names_leads_there(brook: Contribution, sam: User, client: Client) -> None:
    variant = make_variant("river/source")
    comment(author=sam, contribution=brook, body="As @ann says of river/source.")
    page = read(client, brook)
    assert f'<a href="{variant.get_absolute_url()}" title="Model variant river/source"' in page
    assert '<a href="/people/ann/"' in page.partition("As ")[2]


def test_the_other_side_shows_who_named_it(brook: Contribution, ann: User, client: Client) -> None:
    variant, run = make_variant("river/source"), make_run()
    rill = submitted(ann, "headwaters/rill")
    comment(author=ann, contribution=brook, body=f"See #{rill.pk}, river/source and run {run.pk}.")
    assert "named this in" in read(client, rill)
    for thing in (variant, run):
        page = client.get(thing.get_absolute_url()).content.decode()
        assert f'href="{brook.get_absolute_url()}?at=' in page.partition("Mentioned in")[2]


# --- Long stories ---------------------------------------------------------------------------------


def test_a_long_story_shows_its_ends_and_the_way_between(
    brook: Contribution, sam: User, client: Client
) -> None:
    keys = say_often(brook, sam, 400)
    page = read(client, brook)
    assert shown(page, keys) == [*keys[: FIRST - 1], *keys[-LATEST:]]
    hidden = 400 + 1 - FIRST - LATEST
    assert f"Show {hidden} more" in page
    link = page.partition('href="?after=')[2].partition("#")[0].replace("&amp;", "&")
    whole = read(client, brook, f"?after={link}")
    assert shown(whole, keys) == [*keys[: FIRST - 1 + PIECE], *keys[-LATEST:]]
    assert f"Show {hidden - PIECE} more" in whole
    piece = client.get(f"{brook.get_absolute_url()}?after={link}", headers=HTMX).content.decode()
    assert shown(piece, keys) == keys[FIRST - 1 : FIRST - 1 + PIECE]
    assert "<main" not in piece
    assert f"Show {hidden - PIECE} more" in piece


def test_everything_between_is_reached_piece_by_piece(
    brook: Contribution, sam: User, client: Client
) -> None:
    keys = say_often(brook, sam, 400)
    page, seen = read(client, brook), set[int]()
    while 'href="?after=' in page:
        link = page.partition('href="?after=')[2].partition("#")[0].replace("&amp;", "&")
        answer = client.get(f"{brook.get_absolute_url()}?after={link}", headers=HTMX)
        page = answer.content.decode()
        assert not seen & set(shown(page, keys))
        seen |= set(shown(page, keys))
    assert sorted(seen) == keys[FIRST - 1 : -LATEST]


EDGES = (FIRST - 1, FIRST, 399 - LATEST, 400 - LATEST, 401 - LATEST)


@pytest.mark.parametrize("place", [0, 5, 150, 399, *EDGES])
def test_a_link_to_a_comment_shows_it_wherever_it_is(
    brook: Contribution, sam: User, client: Client, place: int
) -> None:
    keys = say_often(brook, sam, 400)
    page = read(client, brook, f"?at=comment-{keys[place]}")
    assert keys[place] in shown(page, keys)
    assert len(shown(page, keys)) <= FIRST + LATEST + PIECE


NOTHING = [
    *("?at=comment-1", "?at=x", f"?at=comment-{'9' * 30}", "?at=", "?since=z"),
    *("?after=x", f"?after={'9' * 30}", "?after=1&before=0", "?latest=0", "?latest=-1"),
    f"?runs={'9' * 40},x",
]


@pytest.mark.parametrize("query", NOTHING)
def test_an_address_that_names_nothing_shows_the_page(
    brook: Contribution, sam: User, client: Client, query: str
) -> None:
    say_often(brook, sam, 100)
    assert "Word 99 of many." in read(client, brook, query)


def test_what_is_said_costs_the_same_however_long_the_story(
    brook: Contribution, sam: User, client: Client
) -> None:
    say_often(brook, sam, 100)
    assert_constant_queries(lambda: read(client, brook), lambda: say_often(brook, sam, 300))
    url = f"{brook.get_absolute_url()}?at=comment-"
    middle = Comment.objects.order_by("pk")[200].pk
    few = count_queries(lambda: client.get(f"{url}{middle}"))
    say_often(brook, sam, 300)
    assert count_queries(lambda: client.get(f"{url}{middle}")) <= few


def test_an_end_that_was_talked_about_for_long_still_says_why(
    brook: Contribution, sam: User, cleo: User, client: Client
) -> None:
    close(actor=cleo, contribution=brook, why="It is gone.")
    say_often(brook, sam, 300)
    assert "<q>It is gone.</q>" in read(client, brook).partition('id="outcome"')[2]


# --- Threads ----------------------------------------------------------------------------------------


def test_a_thread_stands_where_it_was_opened_with_its_answers(
    brook: Contribution, ann: User, ben: User, client: Client
) -> None:
    thread = open_thread(
        author=ben, contribution=brook, head=1, field="licence", body="Is it really?"
    )
    comment(author=ann, contribution=brook, body="Between.")
    answer_thread(author=ann, thread=thread, body="It is, by river/none.")
    resolve_thread(actor=ben, thread=thread)
    page = read(client, brook).partition('id="latest"')[2].partition('id="changes"')[0]
    assert page.index("Is it really?") < page.index("It is, by") < page.index("Between.")
    assert page.count("It is, by") == 1
    assert "apache-2.0" in page.partition('class="line-quote"')[2].partition("</p>")[0].lower()
    assert "Resolved" in page
    assert "resolved the thread" in page


def test_an_answer_to_a_thread_that_is_not_shown_says_where_it_belongs(
    brook: Contribution, ann: User, ben: User, sam: User, client: Client
) -> None:
    say_often(brook, sam, 100)
    thread = open_thread(author=ben, contribution=brook, head=1, field="licence", body="Is it?")
    say_often(brook, sam, 200)
    said = answer_thread(author=ann, thread=thread, body="It is.")
    page = read(client, brook)
    assert f'id="comment-{said.pk}"' in page
    assert "answered on Licence" in page
    assert f'id="thread-{thread.pk}"' not in page
    assert f'id="thread-{thread.pk}"' in read(client, brook, f"?at=thread-{thread.pk}")


def test_a_long_thread_shows_its_newest_answers(
    brook: Contribution, ann: User, ben: User, client: Client
) -> None:
    thread = open_thread(author=ben, contribution=brook, head=1, field="licence", body="Is it?")
    for number in range(ANSWERS + 3):
        answer_thread(author=ann, thread=thread, body=f"Answer {number}.")
    page = read(client, brook)
    assert "Answer 2." not in page
    assert "Answer 3." in page
    assert "Show 3 earlier answers" in page
    url = f"{brook.get_absolute_url()}threads/{thread.pk}/"
    assert f'href="{url}"' in page


# --- Writing ----------------------------------------------------------------------------------------


def test_a_preview_shows_what_will_be_shown(brook: Contribution, sam: User) -> None:
    body = {"look": "body", "body": f"**Hello** #{brook.pk} <script>alert(1)</script>"}
    answer = signed_in(sam).post("/contributions/preview/", body, headers=HTMX)
    page = answer.content.decode()
    assert "<strong>Hello</strong>" in page
    assert f'href="{brook.get_absolute_url()}"' in page
    assert "<script" not in page
    assert "<main" not in page
    assert not brook.comments.exists()


def test_without_scripts_the_page_comes_back_with_preview_and_text(
    brook: Contribution, sam: User
) -> None:
    browser, say = signed_in(sam), f"{brook.get_absolute_url()}say/"
    query = f"?form={say}&page={brook.get_absolute_url()}%23say"
    typed = {"look": "body", "body": "**Hello** @sam", "head": "1"}
    answer = browser.post(f"/contributions/preview/{query}", typed)
    assert answer.url == f"{brook.get_absolute_url()}#say"  # type: ignore[attr-defined]
    page = browser.get(brook.get_absolute_url()).content.decode()
    assert "**Hello** @sam</textarea>" in page
    assert "<strong>Hello</strong>" in page
    assert 'href="/people/sam/"' in page.partition('class="preview"')[2]
    browser.post(say, {"say": "comment", "body": "**Hello** @sam"})
    page = browser.get(brook.get_absolute_url()).content.decode()
    assert "**Hello** @sam</textarea>" not in page


@pytest.mark.parametrize("page", ["//evil.example/", "https://evil.example/", "x", "/\\evil"])
def test_a_preview_leads_nowhere_else(sam: User, page: str) -> None:
    answer = signed_in(sam).post(f"/contributions/preview/?page={page}", {"look": "body"})
    assert answer["Location"] == "/"


def test_words_can_be_quoted_without_scripts(brook: Contribution, sam: User, ben: User) -> None:
    said = comment(author=sam, contribution=brook, body="One.\n\nTwo.")
    page = read(signed_in(ben), brook, f"?quote=comment-{said.pk}")
    assert "@sam\n\n&gt; One.\n&gt;\n&gt; Two.\n\n</textarea>" in page
    other = submitted(sam, "headwaters/rill")
    assert "&gt; One." not in read(signed_in(ben), other, f"?quote=comment-{said.pk}")
    given = review(
        reviewer=ben, contribution=brook, head=1, verdict="request_changes", body="No.\n" * 30
    )
    page = read(signed_in(sam), brook, f"?quote=review-{given.pk}")
    assert "@ben\n\n&gt; No." in page
    assert "&gt; …" in page


def test_ones_words_are_edited_and_the_first_ones_stay_readable(
    brook: Contribution, sam: User, client: Client
) -> None:
    said = comment(author=sam, contribution=brook, body="The quick fox.")
    url = f"{brook.get_absolute_url()}comments/{said.pk}/"
    browser = signed_in(sam)
    assert "The quick fox.</textarea>" in browser.get(f"{url}edit/").content.decode()
    answer = browser.post(f"{url}edit/", {"body": ""})
    assert answer.status_code == 422
    answer = browser.post(f"{url}edit/", {"body": "The slow fox."})
    assert answer["Location"].endswith(f"?at=comment-{said.pk}#comment-{said.pk}")
    page = read(client, brook)
    assert "The slow fox." in page
    assert ">edited<" in page
    history = client.get(f"{url}history/").content.decode()
    assert "The <del>quick</del><ins>slow</ins> fox." in history


def test_a_history_is_paged_and_each_edit_stands_against_the_next(
    brook: Contribution, sam: User, client: Client
) -> None:
    said = comment(author=sam, contribution=brook, body="Draft 0.")
    for number in range(1, 24):
        edit_comment(actor=sam, comment=said, body=f"Draft {number}.")
    url = f"{brook.get_absolute_url()}comments/{said.pk}/history/"
    page = client.get(url).content.decode()
    assert "<del>22</del><ins>23</ins>" in page
    assert "<del>2</del><ins>3</ins>" not in page
    cursor = page.partition('href="?cursor=')[2].partition('"')[0]
    older = client.get(f"{url}?cursor={cursor}")
    assert "<del>2</del><ins>3</ins>" in older.content.decode()
    assert "<del>0</del><ins>1</ins>" in older.content.decode()


def test_only_its_author_may_edit_a_comment(brook: Contribution, sam: User, dora: User) -> None:
    said = comment(author=sam, contribution=brook, body="Mine.")
    url = f"{brook.get_absolute_url()}comments/{said.pk}/edit/"
    assert signed_in(dora).get(url).status_code == 403
    assert signed_in(dora).post(url, {"body": "Ours."}).status_code == 403
    rill = submitted(sam, "headwaters/rill")
    assert signed_in(sam).get(url.replace(str(brook.pk), str(rill.pk), 1)).status_code == 404


# --- An open page -------------------------------------------------------------------------------------


def live_url(page: str) -> str:
    return page.partition('id="live" hx-get="')[2].partition('"')[0].replace("&amp;", "&")


def test_an_open_page_asks_one_small_query(brook: Contribution, client: Client, sam: User) -> None:
    url = live_url(read(client, brook))
    assert client.get(url, headers=HTMX).status_code == 204
    assert count_queries(lambda: client.get(url, headers=HTMX)) == 1
    say_often(brook, sam, 300)
    url = live_url(read(client, brook))
    assert count_queries(lambda: client.get(url, headers=HTMX)) == 1


def test_an_open_page_learns_of_everything(
    brook: Contribution, client: Client, sam: User, ben: User
) -> None:
    def learns() -> str:
        answer = client.get(url, headers=HTMX)
        assert answer.status_code == 200
        return answer.content.decode()

    url = live_url(read(client, brook))
    said = comment(author=sam, contribution=brook, body="Good morning.")
    page = learns()
    assert "Good morning." in page
    assert ">sam commented</p>" in page
    url = live_url(page)
    edit_comment(actor=sam, comment=said, body="Good evening.")
    page = learns()
    assert "Good evening." in page
    url = live_url(page)
    review(reviewer=ben, contribution=brook, head=1, verdict="approve")
    page = learns()
    assert "ben reviewed it" in page
    assert client.get(live_url(page), headers=HTMX).status_code == 204


def test_the_part_that_an_open_page_shows_grows_and_never_shrinks(
    brook: Contribution, client: Client, sam: User
) -> None:
    keys = say_often(brook, sam, 200)
    page = read(client, brook)
    more = say_often(brook, sam, 50)
    page = client.get(live_url(page), headers=HTMX).content.decode()
    latest = page.partition('id="latest"')[2]
    assert shown(latest, keys) == keys[-LATEST:]
    assert shown(latest, more) == more


def test_somebody_who_writes_learns_that_a_new_version_arrived(
    brook: Contribution, cleo: User
) -> None:
    browser = signed_in(cleo)
    page = read(browser, brook)
    assert "arrived while you were writing" not in page
    second_version(brook, licence="mit")
    page = browser.get(live_url(page), headers=HTMX).content.decode()
    assert "Version 2 arrived while you were writing" in page
    query = parse_qs(urlsplit(live_url(page)).query)
    assert query["read"] == ["1"]
    assert "arrived while you were writing" not in read(browser, brook)
