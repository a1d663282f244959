"""Model files: text and manifest read, checked against their digest, and applied; SHAP values of them."""
