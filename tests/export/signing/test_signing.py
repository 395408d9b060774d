import shutil
import subprocess
import zipfile

import pytest

from drupelet.bundle import open_bundle
from drupelet.errors import InputError, IntegrityError
from drupelet.signature import check_signed_file
from drupelet.verification import check_signature_alone
from drupelet_export.signing.secret_key import generate, public_key_text, write_new_key
from drupelet_export.signing.signing import check_comment, sign
from runtime.networks import GOLDEN_BUNDLE

WITHOUT_MINISIGN = shutil.which("minisign") is None


@pytest.fixture
def key():
    return generate()


@pytest.fixture
def public(key, tmp_path):
    path = tmp_path / "fleet.pub"
    path.write_bytes(public_key_text(key.public))
    return path


@pytest.fixture
def bundle(tmp_path):
    return shutil.copytree(GOLDEN_BUNDLE, tmp_path / "tiny")


def packed(folder, target, prefix=""):
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, prefix + path.name)
    return target


def test_a_folder_is_signed_in_it(bundle, key, public):
    before = {path.name: path.read_bytes() for path in bundle.iterdir()}
    signed = sign(bundle, key, "release 7")
    assert (signed.place, signed.verdict) == (f"{bundle}/manifest.json.minisig", open_bundle(bundle).manifest.verdict)
    assert check_signature_alone(str(bundle), [str(public)]) == signed.signature
    assert (signed.signature.key, signed.signature.comment) == (key.public.name, "release 7")
    (bundle / "manifest.json.minisig").unlink()
    assert {path.name: path.read_bytes() for path in bundle.iterdir()} == before


@pytest.mark.parametrize("prefix", ["", "tiny/"])
def test_a_zip_is_signed_in_it_and_again(bundle, key, public, tmp_path, prefix):
    archive = packed(bundle, tmp_path / "tiny.zip", prefix)
    archive.chmod(0o640)
    for comment in ("first", "second"):
        signed = sign(archive, key, comment)
        assert signed.place == f"{archive}: {prefix}manifest.json.minisig"
        assert check_signature_alone(str(archive), [str(public)]).comment == comment
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist().count(f"{prefix}manifest.json.minisig") == 1
        assert opened.testzip() is None
        assert {opened.read(prefix + path.name) for path in bundle.iterdir()} == {
            path.read_bytes() for path in bundle.iterdir()
        }
    assert archive.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fleet.pub", "tiny", "tiny.zip"]


def test_any_file_is_signed_beside_it(bundle, key, tmp_path):
    for path in (bundle / "model.f32.drupelet", packed(bundle / "..", tmp_path / "program")):
        signed = sign(path, key)
        assert signed.place == f"{path}.minisig"
        found = check_signed_file(str(path), path.read_bytes(), [key.public])
        assert found == signed.signature
        assert found.comment.startswith(f"{path.name}, signed 2")


def test_a_damaged_bundle_is_not_signed(bundle, key):
    (bundle / "vocabulary.bin").write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"vocabulary\.bin"):
        sign(bundle, key)
    assert not (bundle / "manifest.json.minisig").exists()


def test_what_cannot_be_read_or_written_is_said(bundle, key, tmp_path):
    with pytest.raises(InputError, match="gone: cannot be read"):
        sign(tmp_path / "gone", key)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"a folder without manifest\.json"):
        sign(tmp_path / "empty", key)
    (bundle / "manifest.json.minisig").mkdir()
    with pytest.raises(InputError, match=r"manifest\.json\.minisig: cannot be written .*; nothing was changed"):
        sign(bundle, key)
    assert not [path for path in bundle.iterdir() if path.name.endswith(".partial")]


@pytest.mark.parametrize("comment", ["two\nlines", "\x1b[2J", "x" * 1025, "\udcff"])
def test_a_comment_stands_in_one_line(comment):
    with pytest.raises(InputError, match="expected one line of at most 1024 bytes"):
        check_comment(comment)


@pytest.mark.skipif(WITHOUT_MINISIGN, reason="minisign is not installed (make debian-packages)")
def test_minisign_reads_ours_and_we_read_its(bundle, tmp_path):
    key = generate()
    public = write_new_key(tmp_path / "k", key, None)
    sign(bundle, key, "release 7")
    checked = subprocess.run(
        ["minisign", "-V", "-p", public, "-m", bundle / "manifest.json"], check=True, capture_output=True, text=True
    )
    assert checked.stdout.splitlines() == ["Signature and comment signature verified", "Trusted comment: release 7"]
    subprocess.run(
        ["minisign", "-G", "-W", "-p", tmp_path / "m.pub", "-s", tmp_path / "m"], check=True, capture_output=True
    )
    command = ["minisign", "-S", "-s", tmp_path / "m", "-m", bundle / "manifest.json", "-t", "by minisign"]
    subprocess.run(command, check=True, capture_output=True)
    assert check_signature_alone(str(bundle), [str(tmp_path / "m.pub")]).comment == "by minisign"
