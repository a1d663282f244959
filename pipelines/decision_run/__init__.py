"""The nightly decision run: predict, reserve, decide; explain and replay what was decided; test sends."""
