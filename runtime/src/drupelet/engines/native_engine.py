"""The ``native`` engine: runs a .drupelet file with the C kernel, from text to probabilities in one call."""

from __future__ import annotations

import os

from drupelet.errors import EngineUnavailableError, FormatError, InputError
from drupelet.value import is_late

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet._native import Model
    from drupelet.bundle import Bundle
    from drupelet.manifest import ModelEntry

TIER_VARIABLE = "DRUPELET_TIER"
"""Environment variable that forces a tier of instructions, for tests and for measurements."""


class NativeEngine:
    """Runs .drupelet files with the C kernel, on the best tier of instructions that this processor has.

    Threads may share a session; other threads run while it answers.
    """

    name = "native"
    format = "drupelet"

    def __init__(self, tier: str | None = None) -> None:
        """Forces a tier; None leaves the choice to :data:`TIER_VARIABLE` and the processor."""
        self._tier = tier

    def check(self) -> str | None:
        """None when the kernel was built and can run the tier that is asked for, otherwise the reason why not.

        Raises InputError when :data:`TIER_VARIABLE` asks for a tier that cannot run: no other engine is what the user wants.
        """
        try:
            from drupelet._native import tiers
        except ImportError as error:
            from drupelet.engines.missing_kernel import why_no_kernel

            return why_no_kernel(error)
        tier = self._wanted_tier()
        if tier is None:
            return None
        known = tiers()
        lacks = known[tier] if tier in known else f"this build has {', '.join(known)}"
        if lacks is None:
            return None
        if self._tier is None:
            raise InputError(f"{TIER_VARIABLE} is {tier!r}: {lacks}; name a tier that runs here, or unset it")
        return f"tier {tier!r}: {lacks}"

    def libraries(self) -> tuple[str, ...]:
        """No foreign module: the kernel is our own, and uses only instructions that this processor has."""
        return ()

    def load(self, bundle: Bundle, model: ModelEntry) -> Model:
        """The model. It uses the bytes of its file in place."""
        reason = self.check()
        if reason is not None:
            raise EngineUnavailableError(f"{bundle.path}: engine 'native' cannot run: {reason}")
        from drupelet._native import Model

        where = f"{bundle.path}: {model.entry.file}"
        loaded = Model(bundle.read(model.entry), where, self._wanted_tier())
        if bundle.single_file is None:
            _check_manifest(loaded, bundle, model, where)
        return loaded

    def version(self) -> str:
        """The version of the kernel, and the tier that it runs on."""
        from drupelet._native import tiers
        from drupelet.version import __version__

        usable = [name for name, lacks in tiers().items() if lacks is None]
        return f"drupelet {__version__}, {self._wanted_tier() or usable[-1]}"

    def _wanted_tier(self) -> str | None:
        return self._tier or os.environ.get(TIER_VARIABLE) or None


def _check_manifest(loaded: Model, bundle: Bundle, model: ModelEntry, where: str) -> None:
    """Raises FormatError unless scheme, network, text rules, labels and decision are those of the manifest, in ids of the file.

    Network and text rules of a late manifest, of which nobody has asked for them, stay unread: the answer is that of the file.
    """
    manifest = bundle.manifest
    if loaded.scheme != model.scheme:
        raise FormatError(f"{where}: its scheme is {loaded.scheme}, the manifest says {model.scheme}; export it again")
    contradiction = FormatError(
        f"{where}: holds another network, text rules, labels or decision than the manifest says; export it again"
    )
    if loaded.labels != manifest.labels:
        raise contradiction
    decided = loaded.section("DECI")
    if decided or manifest.decision is not None:
        from drupelet.decision_section import decode_decision

        if not decided or decode_decision(memoryview(decided)) != manifest.decision:
            raise contradiction
    if is_late(manifest):
        return
    from drupelet.graph_section import decode_graph
    from drupelet.rank_ids import ranked_network, ranked_rules
    from drupelet.text_section import decode_text_rules

    graph, scheme = decode_graph(memoryview(loaded.section("GRPH")))
    try:
        network = ranked_network(manifest.network, manifest.text_rules, graph.vocabulary_rows)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error
    rules = decode_text_rules(memoryview(loaded.section("TEXT")))
    if (graph, scheme, rules) != (network, model.scheme, ranked_rules(manifest.text_rules)):
        raise contradiction
