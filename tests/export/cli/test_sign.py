"""``drupelet sign`` as users type it: exit status, stdout and stderr."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from drupelet_export.signing import secret_key
from runtime.networks import GOLDEN_BUNDLE

ROOT = Path(__file__).parents[3]


@pytest.fixture
def fast(monkeypatch):
    """Passwords that take milliseconds."""
    monkeypatch.setattr(secret_key.secret_key_text, "__defaults__", (1 << 15, 1 << 22))
    monkeypatch.delenv("DRUPELET_SIGN_PASSWORD", raising=False)


@pytest.fixture
def bundle(tmp_path):
    return shutil.copytree(GOLDEN_BUNDLE, tmp_path / "tiny")


def test_it_is_a_command_of_drupelet():
    project = tomllib.loads((ROOT / "export" / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["drupelet.commands"]["sign"] == "drupelet_export.cli.sign:SIGN"
    assert project["optional-dependencies"]["sign"][0].startswith("cryptography")


def test_a_key_is_made_and_signs_and_the_device_checks(run, fast, bundle, tmp_path):
    (tmp_path / "password").write_text("secret words\n")
    key = tmp_path / "fleet.key"
    status, out, _ = run("sign", "--generate", key, "--password-file", tmp_path / "password")
    secret, public = out.splitlines()
    name = secret.removeprefix(f"{key}: the secret key ")[:16]
    assert (status, secret) == (0, f"{key}: the secret key {name}; keep it, and a copy in another place")
    line = (tmp_path / "fleet.key.pub").read_text().splitlines()[1]
    assert public == f"{key}.pub: the public key, for every device: {line}"
    status, out, _ = run(
        "sign", bundle, "--key", key, "--password-file", tmp_path / "password", "--comment", "release 7"
    )
    assert (status, out) == (0, f"{bundle}/manifest.json.minisig: signed with the key {name}: release 7\n")
    status, out, _ = run("verify", bundle, "--key", f"{key}.pub", "--signature-only")
    assert (status, out) == (0, f"{bundle}: signed by the key {name}: release 7; no text was answered\n")


def test_the_password_may_stand_in_the_environment(run, fast, bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("DRUPELET_SIGN_PASSWORD", "p")
    assert run("sign", "--generate", tmp_path / "k")[0] == 0
    assert run("sign", bundle, "--key", tmp_path / "k")[0] == 0
    monkeypatch.setenv("DRUPELET_SIGN_PASSWORD", "")
    assert "an empty password" in run("sign", bundle, "--key", tmp_path / "k")[2]


def test_json(run, fast, bundle, tmp_path):
    made = json.loads(run("sign", "--generate", tmp_path / "k", "--no-password", "--json")[1])
    assert made["line"] in (tmp_path / "k.pub").read_text()
    document = json.loads(run("sign", bundle, "--key", tmp_path / "k", "--comment", "c", "--json")[1])
    (signed,) = document["signed"]
    assert (signed["key"], signed["comment"], signed["path"]) == (made["key"], "c", str(bundle))


def test_a_bundle_that_did_not_pass_is_signed_with_a_word(run, fast, bundle, tmp_path):
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps({**manifest, "verdict": "failed"}))
    run("sign", "--generate", tmp_path / "k", "--no-password")
    status, _, err = run("sign", bundle, "--key", tmp_path / "k")
    assert (status, err) == (0, f"drupelet sign: {bundle}: signed, though its verdict is 'failed'\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "one of the arguments --key --generate is required"),
        (["--key", "k"], "nothing to sign; give the bundle, or a file"),
        (["x", "--key", "k", "--no-password"], "--no-password belongs to --generate"),
        (["x", "--generate", "k", "--no-password"], "--generate makes a key and signs nothing"),
        (["--generate", "k"], "--generate without a password; give one with --password-file"),
        (["--generate", "k", "--password-file", "/nowhere"], "--password-file /nowhere: cannot be read"),
        (["x", "--key", "k", "--comment", "a\nb"], "expected one line"),
        (["x", "--key", "/nowhere"], "/nowhere: cannot be read"),
    ],
)
def test_each_wrong_use_has_its_message(run, fast, arguments, message):
    status, _, err = run("sign", *arguments)
    assert (status, message in err) == (2, True)
