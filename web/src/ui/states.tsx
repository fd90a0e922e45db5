// Loading, failed and empty: every read of the API goes through one of these.
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { CallError } from '../api/client.ts';
import { useMessages } from '../i18n/language.ts';

export function Loading({ lines = 3 }: { readonly lines?: number }) {
  const t = useMessages();
  return (
    <div className="loading" role="status">
      <span className="sr">{t.states.loading}</span>
      {Array.from({ length: lines }, (_, line) => `line-${line}`).map((key) => (
        <span key={key} className="loading-line" aria-hidden />
      ))}
    </div>
  );
}

export function EmptyState(props: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{props.title}</p>
      {props.children ? <div className="empty-text">{props.children}</div> : null}
    </div>
  );
}

export function ErrorState(props: { readonly error: Error; readonly retry?: () => unknown }) {
  const t = useMessages();
  const { error, retry } = props;
  const status = error instanceof CallError ? error.status : undefined;
  const title =
    status === 0
      ? t.states.unreachable
      : status === 401 || status === 403
        ? t.states.notAllowed
        : status === 404
          ? t.states.notFound
          : t.states.failed;
  const hint =
    status === 401
      ? t.states.notAllowedHint
      : error instanceof CallError
        ? (error.hint ?? undefined)
        : undefined;
  return (
    <div className="failed" role="alert">
      <p className="empty-title">{title}</p>
      <p className="empty-text">
        {error.message}
        {hint === undefined ? null : <span className="hint">{hint}</span>}
      </p>
      {retry ? (
        <button type="button" className="button" onClick={() => void retry()}>
          {t.states.retry}
        </button>
      ) : null}
    </div>
  );
}

/** What was read, or how the reading stands. An old answer stays in view while a newer one fails. */
export function Loaded<T>(props: {
  readonly query: UseQueryResult<T>;
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}) {
  const { query, lines } = props;
  if (query.data !== undefined) return props.children(query.data);
  if (query.error) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  return <Loading {...(lines === undefined ? {} : { lines })} />;
}

export function MoreButton(props: {
  readonly pages: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
}) {
  const t = useMessages();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = props.pages;
  if (!hasNextPage) return null;
  return (
    <button
      type="button"
      className="button quiet more"
      disabled={isFetchingNextPage}
      onClick={() => void fetchNextPage()}
    >
      {isFetchingNextPage ? t.states.loading : t.states.more}
    </button>
  );
}
