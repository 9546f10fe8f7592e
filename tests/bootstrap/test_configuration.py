"""Settings: where they come from, and how wrong ones are refused."""

import stat
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tessera.bootstrap.configuration import load_settings, prepare
from tessera.bootstrap.settings import Settings
from tessera.kernel.errors import ConfigurationError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def toml(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load_settings({})
    assert settings.control_database_url == f"sqlite:///{tmp_path}/var/control.sqlite"
    assert settings.base_url == "http://127.0.0.1:8080"


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = toml(tmp_path / "t.toml", "host = '::1'\nport = 1\nworkers = 2\n")
    settings = load_settings({"TESSERA_CONFIG": str(file), "TESSERA_PORT": "2", "TESSERA_WORKERS": "3"}, workers=4, host=None)
    assert (settings.host, settings.port, settings.workers) == ("::1", 2, 4)


def test_a_file_in_the_working_directory_is_read(tmp_path: Path) -> None:
    toml(tmp_path / "tessera.toml", "trusted_hosts = ['a.example', '.b.example']\njobs = false\n")
    settings = load_settings({})
    assert settings.trusted_hosts == ("a.example", ".b.example")
    assert settings.jobs is False


def test_lists_in_the_environment_are_split_at_commas() -> None:
    assert load_settings({"TESSERA_TRUSTED_HOSTS": "a.example, .b.example"}).trusted_hosts == ("a.example", ".b.example")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("port", "eighty", "'eighty' is not a whole number"),
        ("port", "0", "0 is less than 1"),
        ("port", "65536", "65536 is more than 65535"),
        ("jobs", "maybe", "'maybe' is neither true nor false"),
        ("log_level", "loud", "'loud' is none of debug, info, warning, error"),
        ("control_database_url", "mysql://x/y", "the URL must begin with sqlite:/// or postgresql+psycopg://"),
        ("default_location", "here", "it must be 'sqlite' or a URL"),
        ("apps_path", "/no/such/folder", "there is no folder /no/such/folder"),
        ("redis_url", "http://x", "the URL must begin with redis://"),
        ("secret_key", "short", "it is shorter than 32 characters"),
        ("base_url", "crm.example.com", "it must begin with http:// or https://"),
        ("timezone", "Mars/Olympus", "there is no time zone 'Mars/Olympus'"),
        ("timezone", "../etc/passwd", "there is no time zone '../etc/passwd'"),
        ("locale", "tlh", "'tlh' is none of en, zh, es"),
    ],
)
def test_a_wrong_setting_is_named_with_its_reason(name: str, value: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_settings({f"TESSERA_{name.upper()}": value})
    assert str(raised.value).startswith(f"The setting {name} (environment) is wrong: {reason}")


@pytest.mark.parametrize("value", ["true", '"80"', "80.5", "[80]"])
def test_a_port_of_another_type_is_refused_in_toml(tmp_path: Path, value: str) -> None:
    file = toml(tmp_path / "t.toml", f"port = {value}\n")
    if value == '"80"':
        assert load_settings({}, file=file).port == 80
    else:
        with pytest.raises(ConfigurationError, match="port"):
            load_settings({}, file=file)


def test_an_unknown_variable_stops_the_start_with_the_nearest_name() -> None:
    with pytest.raises(
        ConfigurationError, match=r"There is no setting TESSERA_PROT \(environment\). Did you mean TESSERA_PORT\?"
    ):
        load_settings({"TESSERA_PROT": "80"})


def test_an_unknown_name_in_the_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no setting hots .* Did you mean host"):
        load_settings({}, file=toml(tmp_path / "t.toml", "hots = 'x'\n"))


def test_variables_of_the_test_tools_are_nobodys_settings() -> None:
    assert load_settings({"TESSERA_TEST_POSTGRES_URL": "x", "OTHER": "y"}) == load_settings({})


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml does not exist"):
        load_settings({"TESSERA_CONFIG": "nowhere.toml"})


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"broken\.toml cannot be read"):
        load_settings({}, file=toml(tmp_path / "broken.toml", "port = = 1"))


def test_the_secret_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    first, second = (prepare(load_settings({}, data_dir=tmp_path / "data")) for _ in range(2))
    assert len(first.secret_key) >= 32
    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret-key"]


def test_a_given_secret_key_is_not_written_down(tmp_path: Path) -> None:
    prepare(load_settings({"TESSERA_SECRET_KEY": "k" * 32, "TESSERA_DATA_DIR": str(tmp_path / "data")}))
    assert list((tmp_path / "data").iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    toml(tmp_path / "file", "")
    with pytest.raises(ConfigurationError, match="data_dir"):
        prepare(load_settings({}, data_dir=tmp_path / "file" / "data"))


def test_secrets_do_not_show_in_the_settings_text() -> None:
    secrets: dict[str, Any] = {
        "secret_key": "hush" * 8,
        "control_database_url": "postgresql+psycopg://u:hush@h/d",
        "default_location": "postgresql+psycopg://u:hush@h/d",
        "redis_url": "redis://:hush@h",
    }
    assert {f.name for f in fields(Settings) if f.metadata["secret"]} == secrets.keys()
    assert "hush" not in repr(load_settings({}, **secrets))
