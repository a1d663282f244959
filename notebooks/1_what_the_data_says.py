# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What do the records say about the customers of this shop?
#
# Before any model: what came in, how often people buy, how many come back, and which horizons the history is long enough for.
# It works on the folder `$OTOKUI_SHOP`, or on a sample of a real grocer that is made here (some 30 seconds).

# %%
import polars as pl

from otokui.clock import now
from otokui.domain import DAY, Instant
from pipelines.ingestion.health_check import doctor
from pipelines.model_training.train import last_known
from pipelines.shop.sample_shop import notebook_shop
from pipelines.summaries.purchase_table import contracts, purchases
from training.data.labels import proposed_churn_days
from training.data.purchase_history import History
from training.data.time_splits import plan

shop = notebook_shop()
through = last_known(shop.records, now())

# %% [markdown]
# The doctor checks every table against the data contract; its findings name table, column, count and remedy.

# %%
print(doctor(shop.folder, shop.settings, now()).render())

# %% [markdown]
# One row per order that stood: the raw material of every label.

# %%
bought = purchases(shop.records, through)
bought.select("paid_amount", pl.from_epoch("purchased_at")).describe()

# %% [markdown]
# **The step from the first purchase to the second, and on.** Of those who bought n times, how many bought once more so far?

# %%
counts = bought.group_by("customer_id").len("purchases")
steps = pl.DataFrame({"step": range(1, 9)}).with_columns(
    customers=pl.col("step").map_elements(lambda n: counts.filter(pl.col("purchases") >= n).height, return_dtype=pl.Int64)
)
steps.with_columns(went_on=(pl.col("customers").shift(-1) / pl.col("customers")).round(3))

# %% [markdown]
# **Gaps between purchases**, in days, and the silence after which this shop's customers have left, as it would be proposed.

# %%
history = History.of(bought, contracts(shop.records, through))
gaps, _ = history.gaps_days()
observed = (through - int(history.purchased_at.min())) / DAY
print(pl.Series("gap in days", gaps).describe([0.5, 0.8, 0.95]))
print(f"proposed: churn_days = {proposed_churn_days(history, observed)}; set: {shop.settings.definitions.churn_days}")

# %% [markdown]
# **What this history can teach.** Cut-offs go back from the newest record; counts and spend are learnt over the reference horizon.

# %%
planned = plan(Instant(int(history.purchased_at.min())), through, shop.settings.training, shop.settings.predictions.horizons_days)
print(f"{planned.observed_days:.0f} days of records, reference horizon {planned.reference_days} days, cut-offs:")
print(*planned.cutoffs, sep="\n")
