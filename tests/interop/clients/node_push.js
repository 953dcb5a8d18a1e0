// node_push.js URL SECONDS: a program that the Node SDK profiles and pushes to URL.
const Pyroscope = require('@pyroscope/nodejs');
const [url, seconds] = process.argv.slice(2);

Pyroscope.init({
  serverAddress: url, appName: 'interop.node', tags: { region: 'eu' }, flushIntervalMs: 3000,
  wall: { collectCpuTime: true, samplingDurationMs: 3000 }, heap: { samplingIntervalBytes: 64 * 1024 },
});
Pyroscope.start();

const kept = [];
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
function allocate() {
  kept.push(Buffer.alloc(1024).toString('hex'), { a: new Array(200).fill(kept.length) });
  if (kept.length > 20000) kept.splice(0, 10000);
}

const end = Date.now() + 1000 * Number(seconds);
(function turn() {
  Pyroscope.wrapWithLabels({ controller: 'fib' }, () => fib(24));
  for (let i = 0; i < 100; i++) allocate();
  if (Date.now() < end) return setTimeout(turn, 5);
  return Pyroscope.stop().then(() => process.exit(0), (e) => { console.error(e); process.exit(1); });
})();
