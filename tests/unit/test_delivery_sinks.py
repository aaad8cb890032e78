"""What a sink is on its own: a folder, a webhook's options, its signature, and the pauses between tries."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from pipelines.ports.delivery import Answer, Reply
from pipelines.ports.outbox import Message, Pending
from pipelines.usecases.deliver import PAUSES, next_try
from sinks import file_drop, webhook

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def test_a_second_write_of_a_message_is_the_same_file(tmp_path: Path) -> None:
    sink = file_drop.build({"path": str(tmp_path / "out")})
    message = Message("msg_1", "t", "s", '{"a": 1}', "live", 7)
    assert sink.send(message, "").answer is Answer.DELIVERED
    assert sink.send(message, "").answer is Answer.DELIVERED
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["000000007-msg_1.json"]
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ['{"a": 1}\n']


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    reply = file_drop.build({"path": str(tmp_path / "out")}).send(Message("m", "t", "s", "{}", "live"), "")
    assert reply.answer is Answer.RETRY


@pytest.mark.parametrize(
    "options",
    [
        {"url": "ftp://x", "secret": SECRET}, {"url": "https://x"}, {"url": "https://x", "secret": "whsec_abc"},
        {"url": "https://x", "secret": SECRET, "retries": 3}, {"secret": SECRET},
        {"url": "https://x", "secret": SECRET, "mode": "prod"},
        {"url": "https://x", "secret": SECRET, "timeout_seconds": 0},
    ],
)  # fmt: skip
def test_a_webhook_that_cannot_work_is_refused_at_the_start(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        webhook.build(options)
    assert SECRET not in str(caught.value)


def test_the_signature_is_that_of_the_standard() -> None:
    # The reference library's own example (standardwebhooks, test_webhooks).
    key = webhook.decode_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert (
        webhook.sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_pauses_grow_and_spread_by_the_messages_id() -> None:
    now = "2026-11-17T06:00:00+00:00"

    def wait(tries: int, key: str = "a", after: float | None = None) -> timedelta:
        entry = Pending(Message(key, "t", "s", "{}", "test"), tries, tries, "")
        at = next_try(entry, "crm", Reply(Answer.RETRY, retry_after=after), now)
        return datetime.fromisoformat(at) - datetime.fromisoformat(now)

    for tries, pause in enumerate(PAUSES):
        assert pause <= wait(tries) + timedelta(seconds=1)
        assert wait(tries) <= pause * 1.2
        assert wait(tries) == wait(tries)
    assert wait(5, "a") != wait(5, "b")
    assert wait(0, after=1e12) == timedelta(days=7)
