"""The files for servers: what they name must exist, and secrets must be asked for."""

import ast
import configparser
import importlib.util
import re
import shutil
import subprocess
import sys

import pytest

from tools.settings import ROOT

COMPOSE = ROOT / "docker-compose.yml"
CONF = ROOT / "deploy" / "odoo.conf"
SECRETS = ("POSTGRES_PASSWORD", "CRM_ADMIN_PASSWORD")
# ${NAME}, ${NAME:-default} and ${NAME:?what is missing}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")


def variables():
    """(name, kind, text) of every variable in docker-compose.yml."""
    found = VARIABLE.finditer(COMPOSE.read_text())
    return {(each["name"], each["kind"], each["text"]) for each in found}


def example():
    """The values of .env.example."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and line[0] != "#")


def options():
    parser = configparser.RawConfigParser()
    parser.read(CONF)
    return dict(parser["options"])


def test_secrets_have_no_default():
    kinds = {name: kind for name, kind, _text in variables()}
    assert {name for name, kind in kinds.items() if kind == "?"} == set(SECRETS)
    assert [example()[name] for name in SECRETS] == ["", ""]


def test_example_gives_the_defaults_of_every_variable():
    defaults = {name: text for name, kind, text in variables() if kind == "-"}
    given = {name: text for name, text in example().items() if name not in SECRETS}
    assert given == defaults


def test_every_module_is_installed():
    names = set(example()["CRM_MODULES"].split(","))
    ours = {
        path.parent.name
        for path in ROOT.glob("*/__manifest__.py")
        if not ast.literal_eval(path.read_text()).get("auto_install")
    }
    assert ours
    assert ours <= names


def test_mounted_and_started_files_exist():
    text = COMPOSE.read_text()
    mounted = re.findall(r"- \./(\S+?):", text)
    started = re.findall(r"/mnt/extra-addons/(\S+\.sh)", text)
    assert mounted == ["deploy/odoo.conf", "deploy/nginx.conf"]
    assert started == ["deploy/init.sh"]
    for name in mounted + started:
        assert (ROOT / name).is_file()


def test_init_script_uses_what_it_is_given_and_is_valid_bash():
    script = ROOT / "deploy" / "init.sh"
    required = set(re.findall(r"\$\{(\w+):\?", script.read_text()))
    given = set(re.findall(r"^ +(\w+): ", COMPOSE.read_text(), re.MULTILINE))
    assert required == {
        "PGDATABASE",
        "CRM_MODULES",
        "CRM_LANGUAGES",
        "CRM_ADMIN_PASSWORD",
    }
    assert required <= given
    subprocess.run(["bash", "-n", script], check=True)


def test_init_script_refuses_to_start_without_a_password():
    done = subprocess.run(
        ["bash", ROOT / "deploy" / "init.sh"],
        env={"PGDATABASE": "x", "CRM_MODULES": "x", "CRM_LANGUAGES": "x"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "CRM_ADMIN_PASSWORD: is not set: there is no default" in done.stderr


def test_ports_of_proxy_and_server_are_the_same():
    proxy = (ROOT / "deploy" / "nginx.conf").read_text()
    passed = dict(
        re.findall(r"location (\S+) \{\s+proxy_pass http://\$odoo:(\d+);", proxy)
    )
    assert passed == {
        "/": options()["http_port"],
        "/websocket": options()["gevent_port"],
    }


def test_configuration_is_closed():
    given = options()
    assert given["list_db"] == "False"
    assert given["proxy_mode"] == "True"
    assert given["admin_passwd"] == ""
    assert given["db_name"]
    assert "db_password" not in given


@pytest.mark.skipif(
    not importlib.util.find_spec("odoo"), reason="Odoo is not importable here"
)
def test_odoo_knows_every_option_and_reads_it_without_a_warning(tmp_path):
    # The two folders exist in the image only.
    text = CONF.read_text()
    for name, folder in (("addons_path", ROOT), ("data_dir", tmp_path)):
        text = re.sub(rf"^{name} = .*", f"{name} = {folder}", text, flags=re.MULTILINE)
    conf = tmp_path / "odoo.conf"
    conf.write_text(text)
    code = f"""
from odoo.tools import config
config.parse_config(["-c", {str(conf)!r}], setup_logging=True)
print(config["workers"] + config["max_cron_threads"], config["list_db"])
print(config.verify_admin_password("admin") or config.verify_admin_password(""))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["5 False", "False"]
    assert "WARNING" not in done.stderr


@pytest.mark.skipif(
    not shutil.which("docker-compose"), reason="docker-compose is not installed"
)
class TestDockerCompose:
    @pytest.fixture(autouse=True)
    def no_settings(self, tmp_path):
        """The checkout's own .env must not help."""
        self.env_file = tmp_path / "empty.env"
        self.env_file.touch()

    def config(self, **secrets):
        return subprocess.run(
            ["docker-compose", "-f", COMPOSE, "--env-file", self.env_file, "config"],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **secrets},
            capture_output=True,
            text=True,
        )

    def test_is_valid(self):
        done = self.config(POSTGRES_PASSWORD="pg-secret", CRM_ADMIN_PASSWORD="x")
        assert done.returncode == 0, done.stderr
        assert "image: odoo:19.0" in done.stdout
        assert "image: postgres:17" in done.stdout
        assert "PGPASSWORD: pg-secret" in done.stdout
        assert done.stdout.count("CRM_ADMIN_PASSWORD") == 1  # not in the server

    @pytest.mark.parametrize("missing", SECRETS)
    @pytest.mark.parametrize("empty", [True, False])
    def test_refuses_to_start_without_a_secret(self, missing, empty):
        secrets = dict.fromkeys(SECRETS, "x")
        secrets.pop(missing)
        if empty:
            secrets[missing] = ""
        done = self.config(**secrets)
        assert done.returncode != 0
        assert f"set {missing} in .env" in done.stderr
