"""``python -m pipelines.orchestration.install``: puts our automations on the server of PREFECT_API_URL."""

from __future__ import annotations

from prefect.client.orchestration import get_client

from pipelines.orchestration.automations import install


def main() -> None:
    """Installs and says what; raises Prefect's ObjectNotFound when ``prefect deploy --all`` has not run yet."""
    with get_client(sync_client=True) as client:
        for name in install(client):
            print(name)


if __name__ == "__main__":
    main()
