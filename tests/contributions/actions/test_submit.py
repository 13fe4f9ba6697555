import pytest
from django.core.exceptions import PermissionDenied

from contributions import proposals
from contributions.actions.submit import submit
from contributions.models import Contribution, Event
from hub.models import User
from hub.refusal import Refusal
from tests.contributions.stories import dataset_payload, head_checks, submitted, variant_payload
from tests.factories import make_dataset, make_user, make_variant

pytestmark = pytest.mark.django_db


def test_a_submission_opens_with_a_version_its_checks_and_an_event(ann: User) -> None:
    contribution = submitted(ann, "headwaters/brook")
    version = contribution.versions.get()
    assert (contribution.state, contribution.head, contribution.title) == (
        "open",
        1,
        "Add headwaters/brook",
    )
    assert (version.number, version.author, version.payload["licence"]) == (1, ann, "apache-2.0")
    assert {
        name: check.state for name, check in head_checks(contribution).items()
    } == dict.fromkeys(proposals.get("add_variant").checks.names, "queued")
    event = contribution.events.get()
    assert (event.verb, event.actor, event.to_state) == ("submitted", ann, "open")


def test_only_the_first_check_is_sent_at_once(ann: User) -> None:
    sent = {name for name, check in head_checks(submitted(ann)).items() if check.sent_at}
    assert sent == {"origin"}


def test_the_messages_go_out_after_the_commit(
    ann: User, django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        "hub.queue.app.send_task", lambda name, args, **_: sent.append((name, args))
    )
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        contribution = submitted(ann)
        assert sent == []
    first = head_checks(contribution)["origin"]
    assert sent == [("contributions.check", (first.pk,)), ("contributions.announce", ())]


def test_a_dataset_goes_to_the_data_group(ann: User) -> None:
    contribution = submit(author=ann, kind="add_dataset", payload=dataset_payload(), sign_off=True)
    assert contribution.group is not None
    assert (contribution.group.slug, contribution.title) == ("data", "Add dataset headwaters/pool")
    assert set(head_checks(contribution)) == set(proposals.get("add_dataset").checks.names)


def test_somebody_without_an_active_account_cannot_submit() -> None:
    with pytest.raises(PermissionDenied):
        submitted(make_user(is_active=False))


def test_a_second_open_contribution_about_one_subject_is_told_of_the_first(
    ann: User, sam: User
) -> None:
    first = submitted(ann, "headwaters/brook")
    with pytest.raises(Refusal) as refused:
        submitted(sam, "Headwaters/Brook")
    assert refused.value.code == "already_open"
    assert f"#{first.pk}" in refused.value.message
    assert Contribution.objects.count() == 1


def test_what_was_withdrawn_may_be_proposed_again(ann: User, sam: User) -> None:
    first = submitted(ann)
    first.move_on("withdrawn")
    assert submitted(sam).pk != first.pk


def test_what_the_catalogue_has_is_not_proposed(ann: User) -> None:
    make_variant("headwaters/brook")
    make_dataset("headwaters/pool")
    with pytest.raises(Refusal) as variant:
        submitted(ann, "headwaters/BROOK")
    with pytest.raises(Refusal) as dataset:
        submit(author=ann, kind="add_dataset", payload=dataset_payload(), sign_off=True)
    assert (variant.value.code, dataset.value.code) == ("already_here", "already_here")
    assert "name" in variant.value.fields


@pytest.mark.parametrize(
    ("kind", "note", "code"),
    [("add_planet", "", "unknown_kind"), ("add_variant", "x" * 10_001, "invalid")],
)
def test_a_kind_that_is_none_and_an_endless_note_are_refused(
    ann: User, kind: str, note: str, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        submit(author=ann, kind=kind, payload=variant_payload(), note=note, sign_off=True)
    assert refused.value.code == code
    assert not Event.objects.exists()


def test_a_person_signs_what_they_send_and_a_program_cannot(ann: User) -> None:
    with pytest.raises(Refusal) as refused:
        submit(author=ann, kind="add_variant", payload=variant_payload())
    assert list(refused.value.fields) == ["sign_off"]
    ann.first_name, ann.last_name = "Ann", "Brook"
    ann.save()
    signed = submitted(ann).versions.get()
    assert (signed.signed_off, signed.signed_by) == ("Ann Brook", ann)
    robot = make_user("robot", is_bot=True)
    payload = variant_payload("sea/salt")
    unsigned = submit(
        author=robot, kind="add_variant", payload=payload, sign_off=True, assisted_by="reader:2"
    ).versions.get()
    assert (unsigned.signed_off, unsigned.signed_by, unsigned.assisted_by) == ("", None, "reader:2")
