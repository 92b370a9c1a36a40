"""The panels, in the order in which they are offered."""

from __future__ import annotations

from cockpit.ui.panels.base import Panel
from cockpit.ui.panels.fills import FillsPanel
from cockpit.ui.panels.ladder import LadderPanel
from cockpit.ui.panels.latency import LatencyPanel
from cockpit.ui.panels.log import LogPanel
from cockpit.ui.panels.positions import PositionsPanel
from cockpit.ui.panels.risk import RiskPanel
from cockpit.ui.panels.strategies import StrategiesPanel
from cockpit.ui.panels.throughput import ThroughputPanel

PANELS: tuple[type[Panel], ...] = (
    StrategiesPanel,
    PositionsPanel,
    FillsPanel,
    LadderPanel,
    RiskPanel,
    LatencyPanel,
    ThroughputPanel,
    LogPanel,
)
