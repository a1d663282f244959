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
# # Does your own model beat what stands?
#
# Another learner, or other parameters, on exactly the rows that training learns from, judged on exactly the rows that it holds out.

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from otokui.clock import now
from otokui.domain import Label
from pipelines.model_training.model_operations import material_of
from pipelines.model_training.train import last_known
from pipelines.shop.sample_shop import notebook_shop
from training.evaluation.experiment import try_params, try_scores
from training.fitting.examples import prepare
from training.train import begin

shop = notebook_shop()
through = last_known(shop.records, now())
material = material_of(shop, through)
task, _ = begin(material.basis(shop.settings, through))
prepared = prepare(task, Label.CHURN)
learn, held_out = prepared.learn.rows, prepared.held_out.rows
print(f"{len(learn):,} rows to learn from, {len(held_out):,} held out; {held_out.target.mean():.1%} of these left")

# %% [markdown]
# **Another learner.** The matrix holds the features and two columns of the purchase rhythm; null is NaN. Its score is a log odds.

# %%
mine = make_pipeline(QuantileTransformer(n_quantiles=100, output_distribution="normal"), LogisticRegression(C=0.05, max_iter=500))
mine.fit(np.nan_to_num(learn.inputs.matrix, nan=-1.0), learn.target)
print(try_scores(task, prepared, mine.decision_function(np.nan_to_num(held_out.inputs.matrix, nan=-1.0))))

# %% [markdown]
# **Other parameters.** What is found better here can be kept for all trainings: put it into `training/tuned.json`, or let
# `otokui tune` find it.

# %%
print(try_params(task, Label.CHURN, {"num_leaves": 4, "min_data_in_leaf": 60}))

# %% [markdown]
# A learner that wins needs a way to serve: a model is data, so it becomes a text format with a reader in `scoring/`
# (docs/how-to/add-a-model.md). Other parameters or another LightGBM objective need nothing but a training run.
