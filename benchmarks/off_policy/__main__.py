"""Off-policy evaluation on real logs: ``python -m benchmarks.off_policy --data FOLDER [--repetitions 60] [--write]``.

Open Bandit beside obp (which runs in a venv of its own, for it needs torch), and Hillstrom, where the truth is known. ``--write``
puts the tables into docs/benchmarks/off-policy.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.marked import put
from benchmarks.off_policy import hillstrom, open_bandit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "off-policy.md"
TARGETS = (0.032, 0.028, 0.020)
PUBLISHED = 0.004553


def bandit_text(pair: open_bandit.Pair) -> str:
    """Return the table of Open Bandit."""
    lines = [
        "### Open Bandit, small sample: Thompson sampling valued on the random policy's log",
        "",
        f"10,000 decisions among 80 items, {pair.truth:.4f} clicks each in the policy's own log. The policy's chances are {pair.target}.",
        "",
        "| estimator | ours | 95% interval | relative error | obp 0.4.1, same inputs | difference |",
        "|---|---|---|---|---|---|",
    ]
    for name, value in pair.same.items():
        made = pair.ours.estimates.get(name)
        interval = f"{made.low:.4f} to {made.high:.4f} ({made.interval.replace('_', ' ')})" if made and name != "dm" else ""
        theirs = f"{pair.obp[name]:.6f}" if name in pair.obp else "not run"
        apart = f"{abs(pair.obp[name] - value):.0e}" if name in pair.obp else ""
        lines.append(f"| {name} | {value:.6f} | {interval} | {abs(value / pair.truth - 1):.4f} | {theirs} | {apart} |")
    support = pair.ours.support
    answer = pair.ours.cannot_tell
    said = f"cannot tell, {answer.why}" if answer else f"{pair.ours.best} may be believed, within its interval"
    lines += [
        "",
        f"Published for ips: {PUBLISHED}, error .0840. The log leaves {support.effective:,.0f} decisions' worth of evidence, largest "
        f"weight {support.largest_weight:.1f}. The answer: {said}.",
    ]
    return "\n".join(lines)


def hillstrom_text(truth: dict[str, float], scores: dict[str, dict[str, hillstrom.Score]], repetitions: int) -> str:
    """Return the table of Hillstrom."""
    none, fitting, other = hillstrom.LOGGED
    lines = [
        "### Hillstrom, visits: policies valued on a skewed log, where the truth is known",
        "",
        f"{repetitions} logs drawn by rejection. The logging policy sends the e-mail that fits the last year's purchases (men's to whoever "
        f"bought men's, else women's) with chance {fitting:.2f}, the other with {other:.2f}, none with {none:.2f}. The third policy was "
        "learnt on a fifth of the customers, who were then left out. Errors are relative to the truth.",
        "",
        "| policy | truth | estimator | mean error | root mean square | bias | 95% intervals that hold the truth |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, by_method in scores.items():
        for method, made in by_method.items():
            covered = "" if method == "dm" else f"{made.coverage:.3f}"
            lines.append(
                f"| {name} | {truth[name]:.4f} | {method} | {made.mean_error:.4f} | {made.rmse:.4f} | {made.bias:+.4f} | {covered} |"
            )
    errors = sorted((by_method["dr"].mean_error for by_method in scores.values()), reverse=True)
    covered = [f"{by_method['dr'].coverage:.3f}" for by_method in scores.values()]
    met = "met" if all(e <= t for e, t in zip(errors, TARGETS, strict=True)) else "missed"
    lines += [
        "",
        f"Target for dr: at most {' / '.join(f'{t:.3f}' for t in TARGETS)}, reached {' / '.join(f'{e:.4f}' for e in errors)}: "
        f"**{met}**. Coverage asked .93 to .97, reached {' / '.join(covered)}; by chance alone {repetitions} logs leave it "
        f"{(0.95 * 0.05 / repetitions) ** 0.5:.3f} to either side.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with open_bandit/ and hillstrom/")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "otokui", help="where obp's venv is made")
    parser.add_argument("--repetitions", type=int, default=60)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks/off-policy.md")
    asked = parser.parse_args()
    parts = [bandit_text(open_bandit.run(asked.data / "open_bandit", asked.cache))]
    print(parts[0], flush=True)
    truth, scores = hillstrom.run(asked.data / "hillstrom" / "hillstrom.csv", asked.repetitions)
    parts.append(hillstrom_text(truth, scores, asked.repetitions))
    print("\n" + parts[1])
    if asked.write:
        command = "`python -m benchmarks.off_policy --data FOLDER --write`"
        put(PAGE, "off-policy", "\n\n".join([f"Written by {command}.", *parts]))


if __name__ == "__main__":
    main()
