# %% [markdown]
# # A cyclical learning rate in five cells
# A notebook as a script (`jupytext --to ipynb tour.py`, or open it in an editor that knows `# %%`). It needs the package
# `cyclone` and NumPy; all of it runs in a few seconds.

# %%
import numpy as np

import cyclone

random = np.random.default_rng(1)


def blobs(count, positives):
    """16 x 16 images of noise; those of class 1 have a faint bright blob somewhere."""
    images = random.normal(100, 25, (count, 16, 16))
    labels = np.zeros(count, int)
    labels[random.choice(count, positives, replace=False)] = 1
    y, x = np.mgrid[:16, :16]
    for i in np.flatnonzero(labels):
        row, column = random.uniform(3, 13, 2)
        images[i] += 35 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)
    return images.clip(0, 255).astype(np.uint8), labels


train, test = blobs(1600, 160), blobs(800, 80)
MODEL = "conv:8 relu pool conv:8 relu pool flatten linear:classes"

# %% [markdown]
# **What is a cycle?** The rate goes up and down between two values. It is a function of the update number, nothing else.

# %%
rate = cyclone.schedule.triangular(0.01, 0.1, step_size=100)
print(rate, "begins", np.round(rate(np.arange(0, 500, 50)), 3))

# %% [markdown]
# **Which two values?** The range test trains with rising rates and looks where the loss falls, and where it breaks.

# %%
found = cyclone.range_test(*train, model=MODEL, threads=1)
print(f"{found.base_lr:.3g} to {found.max_lr:.3g}" if found.max_lr else "no pair", "since", found.reason)

# %% [markdown]
# **Is it better than a constant?** The constant with the same mean is the fair control: both spend the same sum of rates.

# %%
base, top = (found.base_lr, found.max_lr) if found.max_lr else (0.02, 0.2)
options = dict(model=MODEL, epochs=6, batch_size=32, base_lr=base, max_lr=top, step_size="1epoch", threads=1)
auc = {}
for schedule in ("constant:mean", "triangular"):
    for seed in (1, 2, 3):
        run = cyclone.fit(*train, schedule=schedule, seed=seed, **options)
        auc.setdefault(schedule, []).append(cyclone.auc(test[1], run.predict(test[0])[:, 1]).value)
    print(f"{schedule:15} AUC of three seeds", np.round(auc[schedule], 4))

# %% [markdown]
# Three seeds seldom decide. `cyclone.compare()` says how far they do, with intervals, and shows a page that answers to touch:
#
#     cyclone.compare(*train, schedules=["constant:mean", "triangular", "one-cycle"], seeds=5)
#
# **Keep the network.** What a file holds is enough to answer: standardisation, class names and threshold are in it.

# %%
run.save("blobs.safetensors")
net = cyclone.Classifier("blobs.safetensors")
print(net, net.probabilities(test[0][:3]).round(3))
