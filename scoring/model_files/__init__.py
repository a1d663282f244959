"""Model files: text and manifest, checked by digest; their inputs and SHAP values."""
