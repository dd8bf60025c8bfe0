"""Declares one stack from its settings, and exports what operators need."""

import pulumi

from components.delivery import declare
from components.kit.configuration import read

for key, value in declare(read()).exports.items():
    pulumi.export(key, value)
