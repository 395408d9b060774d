"""Whole architectures of public text classifiers, rebuilt small, beside the single operations of the zoo."""

from integration.zoo import ZOO

ALL = {**ZOO}
