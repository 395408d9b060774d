import pytest

from drupelet.errors import InputError
from drupelet.serve.access import Access, access_for, host_name, is_loopback, read_token
from drupelet.serve.refusal import Refusal

TOKEN = "0123456789abcdef"  # noqa: S105 - of no server


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    return str(path)


def test_without_an_option_loopback_is_answered_under_its_own_names():
    access = access_for(["127.0.0.1"], None, False, ["Pi.Local:80"])
    assert access == Access(None, frozenset(("127.0.0.1", "::1", "localhost", "pi.local")))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1:1", "[::1]", "[::1]:8000"])
def test_a_host_that_is_this_machine(host):
    access_for(["127.0.0.1"], None, False, []).check_host({"HTTP_HOST": host})


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8000", "[::2]", "evil.example:127.0.0.1"],
)
def test_a_name_that_was_made_to_lead_here_is_refused(host):
    with pytest.raises(Refusal, match=r"Host is .*, expected one of 127.0.0.1, ::1, localhost") as raised:
        access_for(["127.0.0.1"], None, False, []).check_host({"HTTP_HOST": host})
    assert (raised.value.status, raised.value.param) == (421, "Host")


def test_others_are_answered_only_with_a_token_or_when_somebody_says_so(token_file):
    with pytest.raises(
        InputError, match=r"^0.0.0.0 can be reached from other machines; give --token-file FILE, .* or --open"
    ):
        access_for(["0.0.0.0"], None, False, [])  # noqa: S104
    assert access_for(["0.0.0.0"], token_file, False, []) == Access(TOKEN.encode(), None)  # noqa: S104
    assert access_for(["192.168.1.2"], None, True, []) == Access(None, None)
    with pytest.raises(InputError, match="contradict each other"):
        access_for(["192.168.1.2"], token_file, True, [])
    with pytest.raises(InputError, match=r"--allow-host pi\.local: on 192\.168\.1\.2 a request may name any host"):
        access_for(["192.168.1.2"], None, True, ["pi.local"])


def test_a_token_is_wanted_on_loopback_too(token_file):
    access = access_for(["127.0.0.1"], token_file, False, [])
    assert access.token == TOKEN.encode()
    assert access.hosts is not None


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
def test_the_token(given):
    Access(TOKEN.encode()).check_token({"HTTP_AUTHORIZATION": given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "is missing"),
        ("", "is missing"),
        ("Bearer", "is missing"),
        (f"Basic {TOKEN}", "is not this server's"),
        ("Bearer x", "is not this server's"),
        (f"Bearer {TOKEN}0", "is not this server's"),
        ("Bearer \xff", "is not this server's"),
    ],
)
def test_another_token(given, said):
    with pytest.raises(Refusal, match=said) as raised:
        Access(TOKEN.encode()).check_token({} if given is None else {"HTTP_AUTHORIZATION": given})
    assert (raised.value.status, raised.value.headers) == (401, (("WWW-Authenticate", "Bearer"),))
    assert TOKEN not in raised.value.message


def test_without_a_token_and_hosts_anybody_is_answered():
    Access().check_token({})
    Access().check_host({})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"short\n", "a token of 5 characters, expected at least 16"),
        (b"", "a token of 0 characters"),
        (b"with a space in the middle", "expected one line of at most 4096 printable ASCII characters"),
        (b"0123456789abcdef\n0123456789abcdef\n", "expected one line"),
        (b"0123456789abcde\xff", "expected one line"),
        (b"0" * 5000, "expected one line"),
    ],
)
def test_a_file_that_holds_no_token(tmp_path, content, said):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_token(str(tmp_path / "token"))


def test_a_file_of_a_token_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="the token cannot be read"):
        read_token(str(tmp_path / "token"))


def test_addresses_and_names():
    assert is_loopback("127.0.0.1")
    assert is_loopback("127.9.9.9")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")  # noqa: S104
    assert not is_loopback("::")
    assert host_name("[FE80::1]:80") == "fe80::1"
