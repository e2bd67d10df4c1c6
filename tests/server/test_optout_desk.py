"""The opt-out desk: groups are written as one, and what the ledger keeps of each is its own."""

import asyncio
from pathlib import Path

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.chain import digests_equal, salted_digest
from dncd_server.ledger.apply import batch_effect
from dncd_server.ledger.verify import verify
from dncd_server.optouts.request import content_of
from server.building import a_campaign, a_list, run
from server.opting import NUMBER, opt_out
from server.opting_desk import LIST, counter, requests


def test_whoever_comes_while_one_is_written_goes_into_the_next_group(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            first = made.state.version + 1
            alone, *others = requests(300)
            first_call = asyncio.ensure_future(made.take(alone))
            while made.office.replica.is_open and not made.office.journal.lock.locked():
                await asyncio.sleep(0)
            taken = [*await made.take_all(others)]
            taken.insert(0, await first_call)

            # whoever comes first waits for nobody else
            assert made.groups == [1, 128, 128, 43]
            assert [item.report.version for item in taken] == list(range(first, first + 300))
            assert made.state.version == first + 299
            assert all(made.holds(NUMBER + turn) for turn in range(300))
            assert verify(made.office.store).whole

    run(told())


def test_a_later_one_of_a_group_counts_on_the_earlier(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            sent = [
                opt_out("first"),
                *(opt_out(f"r-{turn}", e164=[NUMBER, NUMBER + 1]) for turn in range(3)),
            ]
            taken = await made.take_all(sent)

            assert made.groups == [4]
            numbers = [(item.report.numbers.added, item.report.numbers.unchanged) for item in taken]
            assert numbers == [(1, 0), (1, 1), (0, 2), (0, 2)]
            versions = [item.report.version for item in taken]
            assert [item.report.list_version for item in taken[1:]] == versions[:-1]
            events = made.office.store.events_after(versions[0] - 1, 4)
            effects = [batch_effect(event) for event in events]
            assert [effect.list_version for effect in effects[1:]] == versions[:-1]
            roles = [[ref.role for ref in effect.segments] for effect in effects]
            assert roles == [[4], [1, 2], [1], [1]]
            assert {event.header.kind for event in events} == {ledger_pb2.EVENT_KIND_OPTED_OUT}
            assert made.state.lists[LIST].entries.count == 2

    run(told())


def test_one_list_of_a_group_does_not_mix_with_another(tmp_path: Path) -> None:
    lists = {"a": a_list(), "b": a_list()}
    campaigns = {name: a_campaign(block=[name], opt_out=name) for name in lists}

    async def told() -> None:
        async with counter(tmp_path, lists, campaigns) as made:
            sent = [opt_out(f"r-{turn}", campaign="ab"[turn % 2]) for turn in range(6)]
            taken = await made.take_all(sent)

            assert [item.report.numbers.added for item in taken] == [1, 1, 0, 0, 0, 0]
            assert [item.report.list for item in taken] == ["a", "b"] * 3
            assert made.holds(NUMBER, "a")
            assert made.holds(NUMBER, "b")

    run(told())


def test_a_number_that_was_held_for_a_time_is_held_for_good(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            until = batch_pb2.Attributes(expires_unix_us=4_102_444_800_000_000)
            await made.office.add(LIST, [NUMBER], "upload", attributes=until)
            taken = await made.take(opt_out())

            assert taken.report.numbers.unchanged == 1
            assert made.state.lists[LIST].holds(NUMBER, "", 4_102_444_800_000_000)

    run(told())


def test_what_the_ledger_keeps_lets_nobody_find_the_number_by_trial(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            request = opt_out(attributes=batch_pb2.Attributes(reference="R-1"))
            taken = await made.take(request)
            row = made.office.store.batch("r-1")
            event = made.office.store.events_after(taken.report.version - 1, 1)[0]
            assert row is not None
            assert event.effect_salt is not None
            evidence = made.office.store.evidence(taken.report.version)
            assert evidence is not None

            assert row.content_digest != content_of(request)
            mine = salted_digest(event.effect_salt, content_of(request))
            assert digests_equal(row.content_digest, mine)
            assert str(NUMBER).encode() not in row.report + evidence[1] + (event.effect or b"")
            kept = ledger_pb2.Evidence.FromString(evidence[1])
            assert (kept.actor, kept.batch_header.attributes.reference) == ("tester", "R-1")
            assert kept.batch_header.batch_id == kept.batch_report.batch_id == "r-1"

    run(told())


def test_nobody_who_opts_out_learns_of_a_confidential_list(tmp_path: Path) -> None:
    lists = {
        "acme/optout": a_list(starts_empty=True),
        "acme/hidden": a_list(
            confidential=True,
            shown_as="acme/optout",
            confidential_ground="court order",
            confidential_review="2030-01-01",
        ),
    }
    campaigns = {"acme/spring": a_campaign(block=["acme/optout"])}

    async def told() -> None:
        async with counter(tmp_path, lists, campaigns) as made:
            await made.office.add("acme/hidden", [NUMBER], "secret")
            request = opt_out(e164=[NUMBER, NUMBER + 1], client="acme")
            taken = await made.take(request)

            assert (taken.report.numbers.added, taken.report.numbers.unchanged) == (1, 1)
            assert made.holds(NUMBER, "acme/optout")
            assert made.state.lists["acme/optout"].entries.count == 2

    run(told())


def test_only_what_is_new_is_counted(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            for _ in range(3):
                await made.take(opt_out())
            value = made.registry.get_sample_value
            labels = {"list": LIST, "mode": "add", "state": "active"}

            assert value("dncd_optout_seconds_count") == 1
            assert value("dncd_batches_total", labels) == 1

    run(told())
