"""Names of models, metrics, slices, statuses and plots, marked for the catalogues."""

from __future__ import annotations

from typing import Final

from otokui.wording.i18n import N_, NP_

LABELS: Final = {
    "next_purchase": N_("When they buy next"),
    "purchase_count": N_("How often they will buy"),
    "spend": N_("How much they will spend"),
    "churn": N_("Who is leaving"),
    "future_loyal": N_("Who becomes loyal"),
}
"""What a model is called."""
PREDICTS: Final = {
    "next_purchase": N_("The chance of a purchase within 7, 14, 30 … days, and the likely date with an interval."),
    "purchase_count": N_("The number of purchases to expect within each horizon."),
    "spend": N_("The money to expect from one customer within each horizon."),
    "churn": N_("The chance that a customer buys nothing within the shop's churn period."),
    "future_loyal": N_("The chance that a customer who is not loyal today meets the shop's own rule by the horizon."),
}
"""What a model predicts."""
STATUSES: Final = {
    "contact": NP_("status", "contact"),
    "no_contact": NP_("status", "not worth it"),
    "suppressed": NP_("status", "left alone by rule"),
    "control": NP_("status", "control group"),
    "error": NP_("status", "could not be decided"),
    "treatment": NP_("status", "may be contacted"),
    "scenario_control": NP_("status", "control group of a scenario"),
}
"""What was decided, and the groups."""
METRICS: Final = {
    "auc": NP_("metric", "ranking (AUC; 0.5 = guessing, 1 = perfect)"),
    "concordance": NP_("metric", "order of next purchases (0.5 = guessing, 1 = perfect)"),
    "log_loss": NP_("metric", "log loss (lower is better)"),
    "brier": NP_("metric", "Brier score (lower is better)"),
    "calibration_error": NP_("metric", "calibration error (lower is better)"),
    "said": NP_("metric", "said, on average"),
    "came_true": NP_("metric", "came true, on average"),
    "bias": NP_("metric", "total said against actual (0 = right)"),
    "gini": NP_("metric", "ranking by amount (Gini; 1 = perfect)"),
    "top_10_percent_share": NP_("metric", "of the whole, found in the top tenth"),
    "mae": NP_("metric", "mean absolute error"),
    "rmse": NP_("metric", "root mean squared error"),
    "days_mae": NP_("metric", "mean error of the day, days"),
    "coverage_80": NP_("metric", "inside the 80% interval (0.8 = honest)"),
    "coverage_rows": NP_("metric", "customers that was counted on"),
    "before_p10": NP_("metric", "earlier than the interval (0.1 = honest)"),
    "rows": NP_("metric", "customers"),
    "integrated_brier": NP_("metric", "Brier score over all days (integrated; lower is better)"),
    "coverage_80_all": NP_("metric", "inside the 80% interval, who still waits counted (0.8 = honest)"),
    "lift_top_10_percent": NP_("metric", "times as many in the top tenth as on average (lift)"),
    "lift_top_10_percent_not_yet_loyal": NP_("metric", "lift in the top tenth, of those not loyal yet"),
    "auc_not_yet_loyal": NP_("metric", "ranking of those not loyal yet (AUC)"),
    "decile_gap": NP_("metric", "widest gap between said and came true over tenths"),
    "deciles_counted": NP_("metric", "tenths with 200 customers or more"),
    "deciles_off": NP_("metric", "of them more than two points off"),
    "deciles_off_beyond_chance": NP_("metric", "of them beyond what chance explains"),
    "calibration_by_chance": NP_("metric", "calibration error that chance alone would give"),
    "bias_by_chance": NP_("metric", "share by which chance alone would put the total off"),
    "rows_learnt": NP_("metric", "examples learnt from"),
    "rows_held_out": NP_("metric", "examples kept aside to judge on"),
    "loss": NP_("metric", "loss on those kept aside (lower is better)"),
    "level_trust": NP_("metric", "how far the level of a period is believed (0 to 1)"),
    "rounds": NP_("metric", "boosting rounds"),
    "held_out_by_customer": NP_("metric", "judged on other customers, not on a later period (1 = yes)"),
    "moment_rows": NP_("metric", "customers whose weekday and hours were judged"),
    "weekday_log_loss": NP_("metric", "weekday, log loss (lower is better)"),
    "weekday_log_loss_of_shares": NP_("metric", "weekday, log loss of the shop's shares alone"),
    "hours_log_loss": NP_("metric", "hours, log loss (lower is better)"),
    "hours_log_loss_of_shares": NP_("metric", "hours, log loss of the shop's shares alone"),
}
"""Metrics of a model."""
SLICES: Final = {
    "bought_never": N_("never bought"),
    "bought_once": N_("bought once"),
    "bought_2_to_3": N_("bought 2–3 times"),
    "bought_4_to_9": N_("bought 4–9 times"),
    "bought_10_or_more": N_("bought 10 times or more"),
    "on_time": N_("within their own rhythm"),
    "overdue": N_("overdue"),
}
"""Kinds of customer a model is judged on."""
PLOTS: Final = {
    "reliability": N_("Said, against what came true"),
    "gain": N_("How many are found by asking few"),
    "totals": N_("Said and came true, by tenths"),
    "survival": N_("Share that has bought, by day"),
    "importance": N_("What it looks at most"),
    "learning": N_("Error while learning"),
}
"""Pictures that training leaves."""
