"""Signing up, in and out; a forgotten password; a token that is shown once."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from playwright.sync_api import Page, expect

from hub.models import Token, User
from hub.models.token import digest_of
from tests.browser.conftest import enter, sign_in
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "another horse, the same battery"
SEND = "main button[type=submit]"


def fill_in(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"main [name={name}]", value)


def link_in_mail() -> str:
    body = str(mail.outbox[-1].body)
    found = re.search(r"https?://\S+", body)
    assert found, body
    return found[0]


def sign_out(page: Page) -> None:
    page.click("summary.avatar-button")
    page.click("text=Sign out")


def signed_in_as(page: Page) -> str:
    label = page.locator("summary.avatar-button").get_attribute("aria-label") or ""
    return label.removeprefix("Account of ")


def test_a_stranger_signs_up_out_and_in_again(page: Page) -> None:
    page.goto("/accounts/signup/")
    fill_in(page, email="kestrel@example.org", username="kestrel")
    fill_in(page, password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    page.click(SEND)
    page.wait_for_url("**/")
    assert signed_in_as(page) == "kestrel"
    assert User.objects.get().role == "member"

    sign_out(page)
    expect(page.locator("summary.avatar-button")).to_have_count(0)
    page.goto("/accounts/login/")
    fill_in(page, login="kestrel@example.org", password=NEW_PASSWORD)
    page.click(SEND)
    page.wait_for_url("**/")
    assert signed_in_as(page) == "kestrel"


def test_the_address_is_confirmed_by_the_link_in_the_mail(page: Page) -> None:
    page.goto("/accounts/signup/")
    fill_in(page, email="kestrel@example.org", username="kestrel")
    fill_in(page, password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    page.click(SEND)
    page.wait_for_url("**/")
    page.goto(link_in_mail())
    page.click(SEND)
    expect(page.locator("#messages")).to_contain_text("confirmed")
    assert EmailAddress.objects.get().verified


def test_a_form_that_is_refused_keeps_what_was_typed_and_says_why_beside_the_field(
    page: Page,
) -> None:
    make_user("kestrel")
    page.goto("/accounts/signup/")
    fill_in(page, email="other@example.org", username="Kestrel")
    fill_in(page, password1="short", password2="short")
    page.click(SEND)
    expect(page.locator("#id_username_error")).to_be_visible()
    expect(page.locator("#id_password1_error")).to_be_visible()
    expect(page.locator("[name=email]")).to_have_value("other@example.org")
    assert User.objects.count() == 1


def test_a_wrong_password_is_refused_without_saying_which_half_was_wrong(page: Page) -> None:
    make_user("ann")
    said = []
    for login in ("ann", "nobody"):
        page.goto("/accounts/login/")
        fill_in(page, login=login, password="not the battery")
        page.click(SEND)
        said.append(page.locator("main .errors, main [role=alert]").first.inner_text())
        expect(page.locator("[name=login]")).to_have_value(login)
    assert said[0] == said[1] != ""


def test_a_forgotten_password_is_replaced_by_mail(page: Page) -> None:
    make_user("ann")
    page.goto("/accounts/login/")
    page.click("main a[href*='password/reset']")
    fill_in(page, email="ann@example.org")
    page.click(SEND)
    expect(page.locator("h1")).to_have_text("Look in your mail")
    assert mail.outbox[-1].to == ["ann@example.org"]
    page.goto(link_in_mail())
    fill_in(page, password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    page.click(SEND)
    page.wait_for_url("**/done/")
    ann = User.objects.get()
    assert ann.check_password(NEW_PASSWORD)
    assert not ann.check_password(PASSWORD)


def test_nobody_learns_from_the_reset_page_who_has_an_account(page: Page) -> None:
    page.goto("/accounts/password/reset/")
    fill_in(page, email="nobody@example.org")
    page.click(SEND)
    expect(page.locator("h1")).to_have_text("Look in your mail")


def test_a_token_is_shown_once_and_can_be_revoked(page: Page) -> None:
    ann = make_user("ann")
    sign_in(page, ann)
    page.goto("/account/")
    fill_in(page, name="laptop")
    page.check("main [name=scopes][value=contribute]")
    page.click("text=Make token")
    secret = page.locator("#secret").inner_text()
    token = Token.objects.get()
    assert digest_of(secret) == token.digest
    assert token.scopes == ["contribute"]

    page.goto("/account/")
    expect(page.locator("main")).to_contain_text("laptop")
    assert secret not in page.content()
    page.click("text=Revoke")
    expect(page.locator("#messages")).to_contain_text("works no more")
    assert not Token.objects.valid().exists()


def test_a_page_that_needs_an_account_leads_back_to_itself(page: Page) -> None:
    ann = make_user("ann")
    page.goto("/submit/add-variant/")
    assert "/accounts/login/" in page.url
    fill_in(page, login=ann.username, password=PASSWORD)
    page.click(SEND)
    page.wait_for_url("**/submit/add-variant/")


def test_accounts_work_without_scripts(plain_page: Page) -> None:
    ann = make_user("ann")
    sign_in(plain_page, ann)
    assert signed_in_as(plain_page) == "ann"
    plain_page.goto("/account/")
    fill_in(plain_page, about="I bake models.")
    plain_page.click("text=Save profile")
    expect(plain_page.locator("#messages")).to_contain_text("saved")
    enter(plain_page.context, None)
    plain_page.goto("/people/ann/")
    expect(plain_page.locator("main")).to_contain_text("I bake models.")
