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
# # Who decides which model is live, and how is it taken back?
#
# The gate promotes what is not worse than the champion. A person may promote any registered version, and take it back in one
# command; both are tried in a child process first, and written down: who, when, why, from which version to which.

# %%
import polars as pl

from adapters.models.registry.registry import MlflowRegistry
from otokui.clock import now
from otokui.domain import DAY, Instant, Label
from pipelines.model_training.model_operations import run_promote, run_roll_back, run_train
from pipelines.model_training.train import last_known
from pipelines.shop.sample_shop import notebook_shop

shop = notebook_shop()
through = last_known(shop.records, now())
registry = MlflowRegistry(shop.mlflow, shop.settings.shop.name)
# Two different models are needed: the newest, and one that ends two weeks earlier.
while len({version.digest for version in registry.history(Label.CHURN)}) < 2:
    through = Instant(through - 14 * DAY)
    run_train(shop, train_through=through, now=now(), labels=(Label.CHURN,))

# %% [markdown]
# **What is registered**, newest first, with the gate's verdict.

# %%
pl.DataFrame(
    [
        {
            "version": v.version,
            "aliases": ", ".join(v.aliases),
            "gate": v.tags.get("gate"),
            "says": v.tags.get("gate_says"),
            "digest": v.digest[:12],
        }
        for v in registry.history(Label.CHURN)
    ]
)

# %% [markdown]
# **Promote** the version that is not live, by hand: `otokui promote churn VERSION --shop SHOP --reason WHY`.

# %%
champion = registry.at_alias(Label.CHURN, "champion")
live = shop.models.digests()[Label.CHURN]
other = next(v.version for v in registry.history(Label.CHURN) if v.digest != live)
digest = run_promote(shop, Label.CHURN, other, reason="to see how it is done", now=now(), who="ada")
print(f"version {champion} -> {other}; the service reads {shop.models.digests()[Label.CHURN][:12]}")
assert shop.models.digests()[Label.CHURN] == digest

# %% [markdown]
# **Take it back**: `otokui promote churn --roll-back --shop SHOP --reason WHY`.

# %%
back = run_roll_back(shop, reason="seen", now=now(), labels=(Label.CHURN,), who="ada")
print(f"champion is version {registry.at_alias(Label.CHURN, 'champion')}; the service reads {shop.models.digests()[Label.CHURN][:12]}")
assert shop.models.digests() | back == shop.models.digests()

# %% [markdown]
# **The trail**, in MLflow and again beside the models that the service reads.

# %%
pl.DataFrame(
    [{"at": m.at, "who": m.who, "from": m.from_version, "to": m.to_version, "reason": m.reason} for m in registry.trail(Label.CHURN)]
)

# %%
pl.DataFrame([{key: row.get(key) for key in ("kind", "who", "reason", "from", "digest")} for row in shop.models.history()])
