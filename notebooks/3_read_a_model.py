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
# # What does a model look at, and what does it say of one customer?
#
# A model is a text and a manifest. Everything needed to check it, score with it and doubt it stands in the two.

# %%
import polars as pl
from IPython.display import Image, display

from features import derive, fingerprint
from otokui.clock import now
from otokui.domain import Label, offset_seconds
from pipelines.model_training.model_operations import run_train
from pipelines.model_training.train import last_known
from pipelines.report.models.training_artifacts import plots_of
from pipelines.shop.sample_shop import notebook_shop
from scoring import factors, load, predict
from scoring.model_files.loader import ModelSet

shop = notebook_shop()
through = last_known(shop.records, now())
if Label.CHURN not in shop.models.digests():
    run_train(shop, train_through=through, now=now(), labels=(Label.CHURN,))
model = load(shop.models.live()[Label.CHURN])

# %% [markdown]
# **The manifest.** Which features, through when, how far ahead, how it is calibrated, how good it was on rows it had not seen.

# %%
manifest = model.manifest
print(f"{manifest.label}, {len(manifest.features)} features, {manifest.best_iteration} rounds, {manifest.horizon_days:g} days ahead")
print(f"this build computes the same features: {manifest.fingerprint == fingerprint()}")
print(f"calibration: {manifest.calibration[0]}")
pl.DataFrame({"metric": list(manifest.metrics), "value": list(manifest.metrics.values())})

# %% [markdown]
# **What it looks at** (gain), and whether what it says comes true.

# %%
for name, png in plots_of(shop.folder / "training", Label.CHURN, model.digest).items():
    print(name)
    display(Image(png))

# %% [markdown]
# **One customer**: the prediction, and the features that moved it most (log odds; below zero is towards staying).

# %%
summaries = next(iter(shop.chunks(shop.summaries(through))))
vectors = derive(summaries, through, local_offset_seconds=offset_seconds(shop.settings.shop.timezone, through))
said = predict(
    vectors,
    ModelSet({Label.CHURN: model}),
    as_of=through,
    horizons_days=shop.settings.predictions.horizons_days,
    definitions=shop.settings.definitions,
    summaries=summaries,
)
most = int(said.churn_probability.argmax())
why = factors(vectors.rows(slice(most, most + 1)), model)
print(f"churn within {manifest.horizon_days:g} days: {said.churn_probability[most]:.2f}")
pl.DataFrame({"feature": why.names[0].tolist(), "value": why.values[0].tolist(), "moved by": why.contributions[0].tolist()})
