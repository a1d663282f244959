"""A proposed policy against the live one: logged decisions read, rewarded, judged, and the gate to live."""
