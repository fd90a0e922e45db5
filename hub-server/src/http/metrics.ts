// Counters in Prometheus' text form: requests by route and status, and how long they took.

const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

export interface Metrics {
  observe(route: string, status: number, seconds: number): void;
  /** `gauges`: current values by full name. */
  render(gauges: Readonly<Record<string, number>>): string;
}

/** Route labels are the routes' own paths, never what a client sent: their number is bounded. */
export function createMetrics(): Metrics {
  const requests = new Map<string, number>();
  const durations = new Map<string, { counts: number[]; sum: number; count: number }>();
  return {
    observe(route, status, seconds) {
      const key = `route="${route}",status="${status}"`;
      requests.set(key, (requests.get(key) ?? 0) + 1);
      const entry = durations.get(route) ?? { counts: BUCKETS_S.map(() => 0), sum: 0, count: 0 };
      entry.counts = entry.counts.map((count, at) => count + (seconds <= (BUCKETS_S[at] ?? 0) ? 1 : 0));
      entry.sum += seconds;
      entry.count += 1;
      durations.set(route, entry);
    },
    render(gauges) {
      const lines = ['# TYPE openspace_hub_requests_total counter'];
      for (const [labels, count] of requests) lines.push(`openspace_hub_requests_total{${labels}} ${count}`);
      lines.push('# TYPE openspace_hub_request_seconds histogram');
      for (const [route, { counts, sum, count }] of durations) {
        counts.forEach((value, at) => {
          lines.push(`openspace_hub_request_seconds_bucket{route="${route}",le="${BUCKETS_S[at]}"} ${value}`);
        });
        lines.push(`openspace_hub_request_seconds_bucket{route="${route}",le="+Inf"} ${count}`);
        lines.push(`openspace_hub_request_seconds_sum{route="${route}"} ${sum}`);
        lines.push(`openspace_hub_request_seconds_count{route="${route}"} ${count}`);
      }
      for (const [name, value] of Object.entries(gauges))
        lines.push(`# TYPE ${name} gauge`, `${name} ${value}`);
      return `${lines.join('\n')}\n`;
    },
  };
}
