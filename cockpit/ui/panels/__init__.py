"""The panels, by name."""

from __future__ import annotations

from cockpit.ui.panels.alerts import AlertsPanel
from cockpit.ui.panels.base import Panel
from cockpit.ui.panels.exposure import ExposurePanel
from cockpit.ui.panels.fills import FillsPanel
from cockpit.ui.panels.health import HealthPanel
from cockpit.ui.panels.ladder import LadderPanel
from cockpit.ui.panels.latency import LatencyPanel
from cockpit.ui.panels.log import LogPanel
from cockpit.ui.panels.parameters import ParametersPanel
from cockpit.ui.panels.playback import PlaybackPanel
from cockpit.ui.panels.pnl import PnlPanel
from cockpit.ui.panels.positions import PositionsPanel
from cockpit.ui.panels.risk import RiskPanel
from cockpit.ui.panels.strategies import StrategiesPanel
from cockpit.ui.panels.throughput import ThroughputPanel
from cockpit.ui.panels.waterfall import WaterfallPanel
from cockpit.ui.panels.working import WorkingPanel

PANELS: tuple[type[Panel], ...] = (
    StrategiesPanel,
    PositionsPanel,
    WorkingPanel,
    FillsPanel,
    LadderPanel,
    RiskPanel,
    ExposurePanel,
    LatencyPanel,
    WaterfallPanel,
    ThroughputPanel,
    PnlPanel,
    HealthPanel,
    ParametersPanel,
    AlertsPanel,
    PlaybackPanel,
    LogPanel,
)
