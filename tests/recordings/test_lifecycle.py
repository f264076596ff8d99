"""A bucket expires recordings by their class; a rule that would do so before a promise is named."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.bucket import ChangeStore, TestBucket
from tests.support.factories import trail
from tests.support.films import FILM
from tests.support.personas import SWAP, Browser
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import register, work
from webapp.recordings import comparing, jobs, lifecycle
from webapp.recordings.classes import DAYS, TAG, class_of
from webapp.recordings.models import Recording

ClientAs = Callable[[str], Browser]
Make = Callable[..., Recording]
ROOT = "desk/recordings/"


def tags(bucket: TestBucket, recording: Recording) -> dict[str, str]:
    answer = bucket.s3.client().get_object_tagging(Bucket=bucket.name, Key=f"desk/{recording.key}")
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def keep(owner: Browser, recording: Recording, word: str) -> None:
    version = {"seen": recording.version}
    answer = owner.post(f"/recordings/{recording.id}/retention", data={"keep": word, "confirmed": word, **version})
    assert answer.status_code == 303
    db.session.refresh(recording)
    db.session.commit()


@pytest.mark.parametrize(
    ("days", "says"),
    [(1, "7"), (7, "7"), (8, "30"), (90, "90"), (3650, "3650"), (3651, "permanent"), (None, "permanent")],
)
def test_the_class_is_the_smallest_that_is_not_below_the_promise(days: int | None, says: str):
    assert class_of(days) == says
    assert class_of(days, held=True) == "hold"


def test_a_change_of_retention_tags_the_object_anew_and_keeps_the_tags_of_others(
    client_as: ClientAs, make_recording: Make, in_bucket: TestBucket
):
    recording, owner = make_recording(), client_as("owner")
    in_bucket.put(f"desk/{recording.key}", FILM)
    theirs = {"TagSet": [{"Key": "cost-centre", "Value": "42"}]}
    in_bucket.s3.client().put_object_tagging(Bucket=in_bucket.name, Key=f"desk/{recording.key}", Tagging=theirs)
    for word, says in (("30", "30"), ("7", "7"), ("permanent", "permanent")):
        keep(owner, recording, word)
        work.run_due(register.HANDLERS)
        assert tags(in_bucket, recording) == {"cost-centre": "42", TAG: says}
    db.session.refresh(recording)
    assert recording.tag == "permanent"


def test_what_has_no_class_yet_gets_one_when_it_is_compared(
    client_as: ClientAs, make_recording: Make, in_bucket: TestBucket
):
    recording = make_recording(days=30)
    in_bucket.put(f"desk/{recording.key}", FILM)
    assert "hasn't been told yet" in client_as("owner").get(f"/recordings/{recording.id}/").text
    recording.compared_at = utcnow() - timedelta(days=1)
    db.session.commit()
    comparing.compare()
    work.run_due(register.HANDLERS)
    assert tags(in_bucket, recording) == {TAG: "30"}
    assert "hasn't been told yet" not in client_as("owner").get(f"/recordings/{recording.id}/").text


def test_while_the_bucket_is_away_the_tag_is_tried_again(
    client_as: ClientAs, make_recording: Make, in_bucket: TestBucket, change_store: ChangeStore
):
    recording = make_recording()
    in_bucket.put(f"desk/{recording.key}", FILM)
    change_store(storage_url=f"s3://{in_bucket.name}/desk?endpoint=http://127.0.0.1:9")
    keep(client_as("owner"), recording, "30")
    work.run_due(register.HANDLERS)
    change_store(**in_bucket.settings)
    db.session.execute(sa.update(DueWork).values(due_at=utcnow()))
    db.session.commit()
    work.run_due(register.HANDLERS)
    assert tags(in_bucket, recording) == {TAG: "30"}


def test_what_the_bucket_expires_on_the_day_is_left_to_it_for_two_days_and_what_it_does_not_is_deleted(
    make_recording: Make, in_bucket: TestBucket
):
    by_rule, earlier = make_recording(days=7, age=9), make_recording(days=5, age=7)
    late = make_recording(days=7, age=11)
    for recording, tag in ((by_rule, "7"), (earlier, "7"), (late, "7")):
        in_bucket.put(f"desk/{recording.key}", FILM)
        recording.tag = tag
    db.session.commit()
    assert jobs.remove_expired() == 2
    work.run_due(register.HANDLERS)
    assert in_bucket.keys() == {f"desk/{by_rule.key}"}


def rule(days: int = 1, **filters: Any) -> dict[str, Any]:
    return {"ID": "theirs", "Status": "Enabled", "Filter": filters, "Expiration": {"Days": days}}


@pytest.mark.parametrize(
    ("theirs", "early"),
    [
        (rule(), True),
        (rule(Prefix="desk/"), True),
        (rule(Prefix=f"{ROOT}0"), True),
        (rule(Prefix="backups/"), False),
        (rule(Tag={"Key": "scratch", "Value": "yes"}), False),
        (rule(6, Tag={"Key": TAG, "Value": "7"}), True),
        (rule(7, Tag={"Key": TAG, "Value": "7"}), False),
        (rule(9999, Tag={"Key": TAG, "Value": "permanent"}), True),
        (rule(9999, And={"Prefix": "desk/", "Tags": [{"Key": TAG, "Value": "hold"}]}), True),
        (rule() | {"Status": "Disabled"}, False),
        ({"ID": "theirs", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 400}}, True),
        ({"ID": "theirs", "Status": "Enabled", "Filter": {}, "Expiration": {"Date": "2030-01-01"}}, True),
        ({"ID": "theirs", "Status": "Enabled", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}}, False),
        ({"ID": "theirs", "Status": "Enabled", "Filter": {}, "AbortIncompleteMultipartUpload": {}}, False),
    ],
)
def test_a_rule_that_may_delete_before_a_promise_is_known(theirs: dict[str, Any], early: bool):
    rules = lifecycle.merged([theirs], ROOT)
    assert theirs in rules, "the rules of others stay"
    found = lifecycle.problems(rules, ROOT)
    assert (found.missing, found.early) == ([], ["theirs"] if early else [])


@pytest.mark.parametrize(
    ("theirs", "tag", "days", "early"),
    [
        (rule(29), "30", 30, True),
        (rule(30), "30", 30, False),
        (rule(6, Tag={"Key": TAG, "Value": "7"}), "7", 5, False),  # its own promise counts, not its class
        (rule(6, Tag={"Key": TAG, "Value": "7"}), "30", 30, False),
        (rule(9999), "permanent", None, True),
        (rule(1, Prefix="desk/"), "30", 30, True),
        (rule(1, Prefix=f"{ROOT}a"), "30", 30, True),
        (rule(1, Prefix=f"{ROOT}b"), "30", 30, False),
        (rule(1, And={"Prefix": "desk/", "Tags": [{"Key": TAG, "Value": "30"}]}), "30", 30, True),
        (rule(1, And={"Tags": [{"Key": TAG, "Value": "30"}, {"Key": "x", "Value": "y"}]}), "30", 30, False),
        (rule(1), "", None, True),
        (rule(1) | {"Status": "Disabled"}, "30", 30, False),
        ({"ID": "theirs", "Status": "Enabled", "Prefix": "", "Expiration": {"Date": "2030-01-01"}}, "30", 30, True),
    ],
)
def test_a_rule_that_may_delete_one_recording_before_its_time_is_known(
    theirs: dict[str, Any], tag: str, days: int | None, early: bool
):
    found = lifecycle.early_rule(lifecycle.merged([theirs], ROOT), f"{ROOT}ab.mp4", tag, days)
    assert found == ("theirs" if early else "")


def test_a_recording_that_the_bucket_may_delete_early_says_so_until_the_rule_is_mended(
    client_as: ClientAs, make_recording: Make, in_bucket: TestBucket
):
    recording, other = make_recording(days=90), make_recording(days=7)
    s3 = in_bucket.s3.client()
    for each in (recording, other):
        in_bucket.put(f"desk/{each.key}", FILM)
    s3.put_bucket_lifecycle_configuration(Bucket=in_bucket.name, LifecycleConfiguration={"Rules": [rule(30)]})
    db.session.execute(sa.update(Recording).values(compared_at=utcnow() - timedelta(days=1)))
    db.session.commit()
    comparing.compare()
    page, warned = f"/recordings/{recording.id}/", "may delete this recording before its time"
    owner = client_as("owner")
    assert warned in owner.get(page).text and "theirs" not in owner.get(page).text
    assert "rule theirs takes it too" in client_as("admin").get(page).text
    assert warned not in owner.get(f"/recordings/{other.id}/").text
    s3.put_bucket_lifecycle_configuration(
        Bucket=in_bucket.name, LifecycleConfiguration={"Rules": [rule(30, Prefix="backups/")]}
    )
    assert warned not in owner.post(f"/recordings/{recording.id}/heal", headers=SWAP).text


def test_the_command_installs_what_is_missing_and_leaves_what_is_not_ours(app: Flask, in_bucket: TestBucket):
    s3, run = in_bucket.s3.client(), app.test_cli_runner()
    theirs = rule(30, Prefix="backups/")
    s3.put_bucket_lifecycle_configuration(Bucket=in_bucket.name, LifecycleConfiguration={"Rules": [theirs]})
    before = run.invoke(args=["storage", "lifecycle"])
    assert before.exit_code == 1 and before.output.count("missing") >= len(DAYS)
    after = run.invoke(args=["storage", "lifecycle", "--apply"])
    assert after.exit_code == 0 and "missing" not in after.output
    found = s3.get_bucket_lifecycle_configuration(Bucket=in_bucket.name)["Rules"]
    assert {each["ID"] for each in found} == {"theirs", *(f"frontdesk-retention-{days}" for days in DAYS)}
    assert run.invoke(args=["storage", "lifecycle"]).exit_code == 0


def test_a_rule_of_others_that_is_in_the_way_is_named_by_the_command_and_on_the_set_up_page(
    app: Flask, in_bucket: TestBucket, client_as: ClientAs
):
    rules = lifecycle.merged([rule(30)], ROOT)
    in_bucket.s3.client().put_bucket_lifecycle_configuration(
        Bucket=in_bucket.name, LifecycleConfiguration={"Rules": rules}
    )
    said = app.test_cli_runner().invoke(args=["storage", "lifecycle"])
    assert said.exit_code == 1 and "theirs: deletes too early" in said.output
    page = client_as("support").get("/system/setup").text
    assert "may be deleted before their time" in page and "theirs" in page


def test_without_a_bucket_the_command_says_who_removes_files(app: Flask):
    said = app.test_cli_runner().invoke(args=["storage", "lifecycle"])
    assert said.exit_code == 1 and "lie in a folder" in said.output


def test_a_legal_hold_tags_first_and_then_neither_time_nor_people_remove_the_recording(
    client_as: ClientAs, make_recording: Make, in_bucket: TestBucket
):
    recording, admin, owner = make_recording(days=30, age=29), client_as("admin"), client_as("owner")
    in_bucket.put(f"desk/{recording.key}", FILM)
    assert admin.post(f"/recordings/{recording.id}/hold", data={"reason": "Court order 12"}).status_code == 303
    assert tags(in_bucket, recording) == {TAG: "hold"}
    db.session.refresh(recording)
    assert recording.held_at is not None and recording.expires_at is None
    db.session.commit()
    refused = owner.post(f"/recordings/{recording.id}/delete")
    assert refused.status_code == 409 and "legal hold" in refused.text
    page = owner.get(f"/recordings/{recording.id}/").text
    assert "On legal hold" in page and "Court order" not in page
    assert "Court order 12" in admin.get(f"/recordings/{recording.id}/").text
    keep(owner, recording, "7")
    assert recording.expires_at is None and jobs.remove_expired() == 0
    work.run_due(register.HANDLERS)
    assert tags(in_bucket, recording) == {TAG: "hold"}
    assert owner.get(f"/recordings/{recording.id}/hold").status_code == 403
    assert trail("recording.hold")[0].reason == "Court order 12"


def test_what_expired_during_a_hold_can_be_opened_for_a_day_after_it(
    client_as: ClientAs, make_recording: Make, in_bucket: TestBucket
):
    recording, admin = make_recording(days=30, age=29), client_as("admin")
    in_bucket.put(f"desk/{recording.key}", FILM)
    admin.post(f"/recordings/{recording.id}/hold", data={"reason": "Court order 12"})
    db.session.refresh(recording)
    recording.stored_at = utcnow() - timedelta(days=60)
    db.session.commit()
    assert admin.post(f"/recordings/{recording.id}/hold", data={"reason": ""}, headers=SWAP).status_code == 422
    assert admin.post(f"/recordings/{recording.id}/hold", data={"reason": "Case closed"}).status_code == 303
    db.session.refresh(recording)
    assert recording.held_at is None and recording.expires_at is not None
    assert timedelta(hours=23) < recording.expires_at - utcnow() <= timedelta(days=1)
    db.session.commit()
    work.run_due(register.HANDLERS)
    assert tags(in_bucket, recording) == {TAG: "30"}


def test_while_the_bucket_is_away_no_hold_is_said_to_stand(
    client_as: ClientAs, make_recording: Make, in_bucket: TestBucket, change_store: ChangeStore
):
    recording = make_recording()
    change_store(storage_url=f"s3://{in_bucket.name}/desk?endpoint=http://127.0.0.1:9")
    answer = client_as("admin").post(f"/recordings/{recording.id}/hold", data={"reason": "Court order 12"})
    assert answer.status_code == 503
    db.session.refresh(recording)
    assert recording.held_at is None
