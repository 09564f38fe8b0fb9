"""One rank of PyTorch's gloo for the benchmarks: one line in, one line of JSON out.

The one argument is JSON: rank, world, elements, master (address of rank 0), port. GLOO_SOCKET_IFNAME says which
network. Every line in is a lap: a barrier, then an all-reduce whose time it tells, a barrier, then a look at every
element.
"""
import json
import sys
import time
from datetime import timedelta

import torch
import torch.distributed as dist

options = json.loads(sys.argv[1])
rank, world = options["rank"], options["world"]
torch.set_num_threads(1)
store = dist.TCPStore(
    options["master"], options["port"], world, rank == 0, timeout=timedelta(seconds=60)
)
dist.init_process_group("gloo", store=store, rank=rank, world_size=world)
data = torch.empty(options["elements"])
print(json.dumps({"ready": True}), flush=True)
for _ in sys.stdin:
    data.fill_(rank + 1)
    dist.barrier()
    start = time.perf_counter()
    dist.all_reduce(data)
    ms = (time.perf_counter() - start) * 1e3
    # Whoever looks at its sums takes a core from those who are still summing.
    dist.barrier()
    right = bool((data == world * (world + 1) / 2).all())
    print(json.dumps({"ms": ms, "right": right}), flush=True)
