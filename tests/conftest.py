"""Servers that tests share: one of each a test process, started by the first test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import databases
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import Rabbit, running_rabbitmq
from tests.servers.redis import RedisServer, running_redis
from tests.servers.seaweed import Seaweed, running_seaweed

# An example that waited for the processor is no slow one: by the clock a test would fail with the load of the machine.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with running_seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="session")
def rabbit_server() -> Iterator[Rabbit]:
    with running_rabbitmq() as server:
        yield server


@pytest.fixture
def rabbitmq(rabbit_server: Rabbit) -> Rabbit:
    """The one server, running also after a test that failed while it was stopped."""
    if rabbit_server.process is None:
        rabbit_server.start()
    return rabbit_server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(redis_server: RedisServer) -> RedisServer:
    if redis_server.process is None:
        redis_server.start()
    return redis_server


@pytest.fixture(scope="session", autouse=True)
def _databases() -> Iterator[None]:
    with databases.at_hand():
        yield


@pytest.fixture(autouse=True)
def _databases_of_this_test() -> Iterator[None]:
    yield
    databases.clear()


@pytest.fixture
def postgres(_databases: None) -> Postgres:
    return databases.server()
