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
# # Is your own feature worth its place?
#
# Try a column before writing it: the same method is fitted with and without it, and both are judged on the same held-out
# customers with the gate's interval. What is worth keeping then becomes one function in `features/`
# (docs/how-to/add-a-feature.md) with a test.

# %%
import numpy as np

from otokui.clock import now
from otokui.domain import Label
from pipelines.model_training.model_operations import material_of
from pipelines.model_training.train import last_known
from pipelines.shop.sample_shop import notebook_shop
from training.evaluation.experiment import try_feature
from training.train import begin

shop = notebook_shop()
through = last_known(shop.records, now())
material = material_of(shop, through)
task, _ = begin(material.basis(shop.settings, through))
print(f"{len(task.names)} features at {len(task.cutoffs)} cut-offs; {', '.join(task.names[:8])} …")

# %% [markdown]
# A column is made from the vectors of one cut-off, which know nothing that came after it. Here: how much faster than at their
# own average pace a customer has bought of late.

# %%
print(
    try_feature(
        task,
        Label.CHURN,
        "pace_ratio",
        lambda vectors: (
            vectors.column("tenure_days")
            / np.maximum(vectors.column("purchase_count"), 1.0)
            / np.maximum(vectors.column("recency_days"), 0.5)
        ),
    )
)

# %% [markdown]
# And one that cannot help: a number drawn by chance. If this looks useful, so does everything; the interval should say that it
# cannot be told apart from nothing.

# %%
chance = np.random.default_rng(1)
print(try_feature(task, Label.CHURN, "noise", lambda vectors: chance.normal(size=len(vectors))))
