"""Takes the masks out of a network, so that engines compute the tokens of a text alone wherever that is enough.

before:  ids [0, 0, 7, 9] -> embedding -> LSTM with the mask [-, -, x, x]   (padded to max_tokens)
after:   ids [7, 9] -> embedding -> LSTM

A value can have two forms. Its exact form has a step for each token. Its padded form has what Keras computes for padding too. A
layer that gets the mask reads exact forms: a masked step keeps the state of a recurrent layer, and takes no part in an
average or in attention. A layer that gets no mask reads padded forms, because what it computes of padding is part of the
answer. Both forms of a value are made where both are read, and neither where nobody reads it:

* Of an operation on single steps (embedding, dense, activation), each form comes from the same form of its inputs.
* The padded form of a masked recurrent layer is its exact form with padding put back (``restore``). It is zeros before the
  first step that the layer reads, or at all with ``zero_output``; behind the last one it repeats that.
* The padded form of a masked attention has the padded query, and exact keys and values. That of a masked softmax over steps
  is zeros for padding. In a text without tokens both average the padding; this constant is added where there is no token.
* What is multiplied with zeros at padding may be anything there, so its exact form with zeros will do.
* The exact form of a value that knows no mask is its padded form without padding (``strip``).
* A maximum over such a recurrent layer needs no padding: zeros join it in a text with fewer tokens than ``zero_below``.

A network in which every layer reads padded forms gets padded ids. Exact: every answer stays what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drupelet.graph import PADDING_ID
from drupelet.operations.dense import Dense
from drupelet.operations.merge import Merge
from drupelet.operations.operation import Operation
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.restore import Restore
from drupelet.operations.softmax import Softmax
from drupelet.operations.strip import Strip
from drupelet.operations.value_type import ValueType
from drupelet_export.errors import ModelError
from drupelet_export.model.description import ModelDescription, ModelNode, frozen
from drupelet_export.model.evaluator import values_of_text
from drupelet_export.model.graph_builder import IDS, GraphBuilder
from drupelet_export.model.quantized import values_of
from drupelet_export.passes.pipeline import Pass

EXACT, PADDED = "exact", "padded"
"""The forms of a value. A vector has one, which counts as padded."""
ALONE = "tokens alone, because whatever reads them knows the mask"
KNOWN = "tokens alone, because the mask makes padding known"
BOTH = "tokens for layers that know the mask, and padding too for others"
TOO = "padding too, because a layer that knows no mask reads it"
NOTHING_MASKED = "padding too, because Keras does not mask it: every layer"
ALWAYS_ZEROS, ZEROS, REPEATS = "always zeros", "zeros", "repeats"
"""What is known of a value at padding. ``always zeros``: at every masked id, wherever it stands."""
STEP_BY_STEP = ("embedding", "dense", "activation", "scale_shift", "normalization", "merge", "softmax", "prelu")
"""Operations whose output step t comes from the input steps t alone, unless an attribute says otherwise."""


@dataclass(frozen=True)
class _Plan:
    """How a form of a value is made: ``apply`` an operation to a form of each input, or change the ``other`` form of the value.

    ``needs_places``: it is right only when all masked ids are padding; a sentence that says why. ``of_no_token`` (width,): what
    every step is in a text without tokens, where the operation gives zeros; None: it is right there too.
    """

    apply: Operation | None = None
    forms: tuple[str, ...] = ()
    other: Operation | None = None
    needs_places: str | None = None
    of_no_token: NDArray[np.float64] | None = None


def exact_length(model: ModelDescription) -> tuple[ModelDescription, list[str]]:
    """The model without masks, and sentences on the steps that its layers compute, and why.

    Raises ModelError where a value has no form that a layer reads, or the padding must be known and is not.
    """
    if model.masking == "none":
        return model, [NOTHING_MASKED]
    if model.masking == "exact":
        return model, []
    plans = _plans(model)
    is_exact = any(form == EXACT for plan in plans for form in plan)
    if is_exact:
        _check_padding_row(model)
    reads_padding = is_exact and any(
        PADDED in plan and node.operation.name == "embedding" for plan, node in zip(plans, model.nodes, strict=True)
    )
    why = [made.needs_places for plan in plans for made in plan.values() if made.needs_places is not None]
    if reads_padding:
        why.append("some layers leave padding out and others compute it")
    for sentence in why:
        _check_places(model, sentence)
    built = _built(model, plans, is_exact, reads_padding)
    done = replace(model, nodes=built.nodes, tensors=built.tensors, masking="exact" if is_exact else "none")
    return done, _sentences(model, plans)


def _plans(model: ModelDescription) -> list[dict[str, _Plan]]:
    """For each node, how each form that is read of its value is made."""
    types = model.graph.types
    wanted: list[set[str]] = [set() for _ in types]
    wanted[-1].add(PADDED)
    plans: list[dict[str, _Plan]] = [{} for _ in model.nodes]
    for number in reversed(range(len(model.nodes))):
        asked = wanted[number + 1]
        for form in (PADDED, EXACT, PADDED):  # each may ask for the other form of the same value
            if form in asked and form not in plans[number]:
                plan = _plan(model, types, number, form)
                plans[number][form] = plan
                if plan.other is not None:
                    asked.add(EXACT if form == PADDED else PADDED)
                for read, read_form in zip(model.nodes[number].inputs, plan.forms, strict=False):
                    wanted[read].add(read_form)
    return plans


def _plan(model: ModelDescription, types: Sequence[ValueType], number: int, form: str) -> _Plan:
    """How a form of the value of a node is made."""
    node = model.nodes[number]
    operation, inputs = node.operation, [types[read] for read in node.inputs]
    if operation.name == "reduce":
        return _reduction(model, number)
    masked = node.masked and operation.name in ("recurrent", "attention", "softmax")
    if types[number + 1].kind == "vector":
        return _Plan(operation, _forms(inputs, EXACT if masked else PADDED))
    if form == EXACT:
        if masked or _is_step_by_step(operation):
            return _Plan(operation, _forms(inputs, EXACT))
        return _stripped(model, node)
    if not masked:
        if operation.name == "embedding":
            _padding_side(model, node)
        return _Plan(operation, _forms(inputs, PADDED))
    if operation.name == "recurrent":
        return _restored(model, node, _fill(node))
    if node.zero_output or _is_multiplied_with_zeros(model, number + 1):
        return _restored(model, node, "zeros")
    if isinstance(operation, Softmax):
        if operation.function != "softmax":
            raise ModelError(
                f"{_named(node)}: a layer that knows no mask reads its logarithms of padding; leave the mask out"
            )
        return replace(_restored(model, node, "zeros"), of_no_token=_of_no_token(model, number))
    return _attended(model, number)


def _attended(model: ModelDescription, number: int) -> _Plan:
    """The padded form of a masked attention: the padded query sees the keys of the tokens."""
    node = model.nodes[number]
    side = _padding_side(model, node)
    why = None
    if vars(node.operation)["causal"]:
        if side == "pre":
            raise ModelError(
                f"{_named(node)}: padding in front sees no token before it, and a layer that knows no mask reads what comes of "
                "that; leave use_causal_mask out, or pad at the end"
            )
        why = f"{_named(node)} sees tokens by their places"
    return _Plan(node.operation, (PADDED, EXACT, EXACT), needs_places=why, of_no_token=_of_no_token(model, number))


def _of_no_token(model: ModelDescription, number: int) -> NDArray[np.float64] | None:
    """What Keras computes of padding alone, a vector, or each of its steps; None where that is zeros, or not a number.

    A softmax of which all is masked is the same for all steps.
    """
    found = np.atleast_2d(_values_of_no_token(model)[number + 1])
    return found[0] if found.any() and np.isfinite(found).all() else None


@lru_cache(maxsize=1)
def _values_of_no_token(model: ModelDescription) -> list[NDArray[np.float64]]:
    return values_of_text(model, "")


def _is_multiplied_with_zeros(model: ModelDescription, value: int) -> bool:
    """Whether every node that reads a value multiplies it with rows of a table whose row of padding is zeros."""
    readers = [node for node in model.nodes if value in node.inputs]
    return bool(readers) and all(
        node.operation == Merge("multiply")
        and any(read != value and _is_zero_at_padding(model, read) for read in node.inputs)
        for node in readers
    )


def _is_zero_at_padding(model: ModelDescription, value: int) -> bool:
    node = model.nodes[value - 1] if value else None
    if node is None or node.operation.name != "embedding":
        return False
    return not values_of(model.weights(value - 1)["table"])[PADDING_ID].any()


def _forms(inputs: Sequence[ValueType], form: str) -> tuple[str, ...]:
    return tuple(PADDED if value.kind == "vector" else form for value in inputs)


def _is_step_by_step(operation: Operation) -> bool:
    odd = {("softmax", "steps"), ("merge", "concat_steps"), ("prelu", True)}
    attribute = {"softmax": "axis", "merge": "function", "prelu": "per_step"}.get(operation.name)
    return operation.name in STEP_BY_STEP and (
        attribute is None or (operation.name, getattr(operation, attribute)) not in odd
    )


def _stripped(model: ModelDescription, node: ModelNode) -> _Plan:
    side = _padding_side(model, node)
    why = f"{_named(node)} computes padding, and a layer behind it leaves padding out"
    return _Plan(other=Strip(side), needs_places=why)


def _restored(model: ModelDescription, node: ModelNode, fill: str) -> _Plan:
    side = _padding_side(model, node)
    why = f"{_named(node)} leaves padding out, and a layer behind it reads padding"
    return _Plan(other=Restore(side, model.text_rules.max_tokens or 1, fill), needs_places=why)


def _padding_side(model: ModelDescription, node: ModelNode) -> str:
    """The side of the padding. Raises ModelError where side or length is not known."""
    if model.padding is None or model.text_rules.max_tokens is None:
        raise ModelError(
            f"{_named(node)}: a layer behind it knows no mask, so padding is part of the answer; give --padding and "
            "--max-tokens"
        )
    return model.padding


def _fill(node: ModelNode) -> str:
    """What a masked recurrent layer gives for a masked step."""
    operation = node.operation
    if node.zero_output:
        return "zeros"
    direction = vars(operation)["direction"]
    if direction == "bidirectional":
        raise ModelError(
            f"{_named(node)}: its directions repeat different steps for padding, which a layer behind it reads"
        )
    return "previous" if direction == "forward" else "next"


def _reduction(model: ModelDescription, number: int) -> _Plan:
    """How a reduction reads its steps: what is masked is left out of an average alone."""
    node = model.nodes[number]
    operation = node.operation
    [read] = node.inputs
    function = vars(operation)["function"]
    if function == "average" and node.masked:
        return _Plan(operation, (EXACT,))
    rows = _padding_steps(model, read)
    if rows is None or function in ("average", "min"):
        return _Plan(operation, (PADDED,))
    # Zeros always stand at masked steps of a layer with zero_output; with the others the side decides.
    places = None if rows == ALWAYS_ZEROS else f"{operation.summary()} over {_named(model.nodes[read - 1])}"
    zeros = rows != REPEATS
    is_recurrent = model.nodes[read - 1].operation.name == "recurrent"  # of no token, its steps are zeros
    of_no_token = None if is_recurrent else _of_no_token(model, number)
    if function == "max":
        _padding_side(model, node)
        pooled = Reduce("max", model.text_rules.max_tokens if zeros else None)
        return _Plan(pooled, (EXACT,), needs_places=places, of_no_token=of_no_token)
    if function == "sum" and zeros:
        return _Plan(operation, (EXACT,), needs_places=places, of_no_token=of_no_token)
    is_end = (function, model.padding) in (("last", "pre"), ("first", "post"))
    repeated = (function, model.padding, rows) == ("last", "post", REPEATS)
    if is_end or repeated:
        places = f"the {function} step of {_named(model.nodes[read - 1])}"
        return _Plan(operation, (EXACT,), needs_places=places, of_no_token=of_no_token)
    return _Plan(operation, (PADDED,))


def _padding_steps(model: ModelDescription, value: int) -> str | None:
    """What a value is known to be at padding: ALWAYS_ZEROS, ZEROS, or REPEATS of the step before or behind; else None.

    A masked softmax over steps gives zeros there, unless the text has no token.
    """
    node = model.nodes[value - 1] if value else None
    if node is None:
        return None
    if node.operation == Merge("multiply"):
        known = {_padding_steps(model, read) for read in node.inputs}
        return next((zeros for zeros in (ALWAYS_ZEROS, ZEROS) if zeros in known), None)
    if node.operation == Softmax("steps", "softmax") and node.masked:
        return ALWAYS_ZEROS
    if _is_zero_at_padding(model, value):
        return ALWAYS_ZEROS
    if not isinstance(node.operation, Recurrent) or node.operation.returns != "steps" or not node.masked:
        return None
    if node.zero_output:
        return ALWAYS_ZEROS
    direction = node.operation.direction
    if direction == "bidirectional" or model.padding is None:
        return None
    starts_in_padding = (direction, model.padding) in (("forward", "pre"), ("backward", "post"))
    return ZEROS if starts_in_padding else REPEATS


def _check_padding_row(model: ModelDescription) -> None:
    if model.vocabulary[PADDING_ID] is not None:
        raise ModelError(
            f"the word {model.vocabulary[PADDING_ID]!r} has id {PADDING_ID}, which the model masks as padding; "
            "add the missing empty first line to the vocabulary"
        )


def _check_places(model: ModelDescription, why: str) -> None:
    """Raises ModelError where an id 0 can stand between the tokens: its place would be lost."""
    if model.text_rules.unknown_id == PADDING_ID:
        raise ModelError(
            f"{why}, and unknown words have id 0, which is masked: the place of such a word would decide about the answer; "
            "give unknown words an id of their own"
        )
    # On the side where no padding stands, an id 0 stands between the tokens and the end.
    name, does = ("start_id", "begins") if model.padding == "post" else ("end_id", "ends")
    if getattr(model.text_rules, name) == PADDING_ID:
        raise ModelError(
            f"{why}, and every text {does} with id 0, which is masked: its place would decide about the answer; leave "
            f"--{name.replace('_', '-')} out, or give the id that the model was trained with"
        )


def _built(
    model: ModelDescription, plans: Sequence[dict[str, _Plan]], is_exact: bool, reads_padding: bool
) -> GraphBuilder:
    """The nodes of every form that is read."""
    built = GraphBuilder()
    widths = [value.width for value in model.graph.types]
    values: dict[tuple[int, str], int] = {(IDS, EXACT if is_exact else PADDED): IDS}
    if reads_padding:
        padding = Restore(model.padding or "post", model.text_rules.max_tokens or 1, "zeros")
        values[IDS, PADDED] = built.add(padding, [IDS])
    owners: dict[int, int] = {}
    for number, (node, plan) in enumerate(zip(model.nodes, plans, strict=True)):
        # A form that is made from the other one comes after it.
        for form, made in sorted(plan.items(), key=lambda item: item[1].apply is None):
            if made.other is not None:
                other = values[number + 1, EXACT if form == PADDED else PADDED]
                value = built.add(made.other, [other], layer=node.layer)
                values[number + 1, form] = _completed(built, made, value, (other, widths[number + 1]), node.layer)
                continue
            operation = made.apply or node.operation
            inputs = [values[read, read_form] for read, read_form in zip(node.inputs, made.forms, strict=True)]
            owner = number if node.weights_of is None else node.weights_of
            weights = model.weights(number)
            value = built.add(
                operation,
                inputs,
                None if owner in owners else weights,
                weights_of=owners.get(owner) if weights else None,
                layer=node.layer,
            )
            owners.setdefault(owner, value)
            values[number + 1, form] = _completed(built, made, value, (inputs[-1], widths[node.inputs[-1]]), node.layer)
    return built


def _completed(built: GraphBuilder, made: _Plan, value: int, tokens: tuple[int, int], layer: str) -> int:
    """The value with what it is of no token. ``tokens``: a value with a step for each token, and its width."""
    if made.of_no_token is None:
        return value
    width = len(made.of_no_token)
    ones = built.add(
        Dense(1), tokens[:1], {"kernel": frozen(np.zeros((tokens[1], 1))), "bias": frozen([1])}, layer=layer
    )
    is_there = built.add(Reduce("max"), [ones], layer=layer)  # 1 where there is a token, else 0
    first = frozen(made.of_no_token)
    terms = [value]
    for part in (first, frozen(made.of_no_token - first)):  # two float32 are nearly a float64
        weights = {"kernel": -part[None], "bias": part}
        terms.append(built.add(Dense(width), [is_there], weights, layer=layer))
    return built.add(Merge("add"), terms, layer=layer)


def _named(node: ModelNode) -> str:
    return f"layer {node.layer!r}" if node.layer else node.operation.summary()


def _sentences(model: ModelDescription, plans: Sequence[dict[str, _Plan]]) -> list[str]:
    """Which layers compute what, and why: a sentence for each kind, with the names of the layers."""
    types = model.graph.types
    found: dict[str, list[str]] = {what: [] for what in (ALONE, KNOWN, BOTH, TOO)}
    for number, (node, plan) in enumerate(zip(model.nodes, plans, strict=True)):
        if types[number + 1].kind == "vector" or not plan:
            continue
        computed = {form for form, made in plan.items() if made.apply is not None}
        if computed == {EXACT, PADDED}:
            what = BOTH
        elif computed == {PADDED}:
            what = TOO
        else:
            what = KNOWN if PADDED in plan else ALONE
        found[what].append(_named(node).removeprefix("layer "))
    return [f"{what}: {', '.join(dict.fromkeys(names))}" for what, names in found.items() if names]


def _apply(model: ModelDescription) -> ModelDescription:
    return exact_length(model)[0]


def _requires(model: ModelDescription) -> str | None:
    try:
        exact_length(model)
    except ModelError as error:
        return str(error)
    return None


def _ensures(model: ModelDescription) -> str | None:
    return "the mask is still there" if model.masking == "mask" else None


EXACT_LENGTH = Pass("exact_length", _apply, _requires, _ensures)
