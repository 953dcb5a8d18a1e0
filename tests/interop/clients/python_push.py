"""python_push.py URL SECONDS: a program that the Python SDK profiles and pushes to URL."""
import sys
import threading
import time

import pyroscope

url, seconds = sys.argv[1], float(sys.argv[2])
pyroscope.configure(application_name="interop.python", server_address=url, sample_rate=100, oncpu=True, gil_only=True,
                    tags={"region": "eu"})


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work(end):
    with pyroscope.tag_wrapper({"controller": "fib"}):
        while time.time() < end:
            fib(20)


end = time.time() + seconds
thread = threading.Thread(target=work, args=(end,))
thread.start()
while time.time() < end:
    fib(18)
thread.join()
pyroscope.shutdown()
