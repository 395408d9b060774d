"""Compares Drupelet with other ways to label a text, in one run on one machine: ``make compare``.

A parent measures. :mod:`peers` says what is compared, :mod:`environments` installs it, :mod:`models` makes what it loads, and
:mod:`workloads` what it reads. :mod:`child` and :mod:`fresh` run a peer in a process, :mod:`turns` lets all take turns,
:mod:`sections` and :mod:`growth` measure, and :mod:`runner` joins them into a report. :mod:`page` and :mod:`pictures` show it.
``answering`` runs inside the environments of the peers.
"""
