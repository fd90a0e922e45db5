// The API as React hooks: cached reads, pages that grow, actions that make what they touch be read anew.
import {
  type InfiniteData,
  keepPreviousData,
  QueryClient,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { ResponseOf } from '../../../src/serve/api/contract.ts';
import { CallError, call, type Input, type JsonRoute } from './client.ts';

/** Routes whose answers come in pages. */
export type PagedRoute = 'skills' | 'runs' | 'proposals' | 'skillVersions' | 'skillUses' | 'skillChanges';

/** Reads are kept until the live stream says that they are old, or for a minute where it is down. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        // What the server refused it refuses again; only a server that can't be reached is asked twice.
        retry: (failures, error) => failures < 2 && error instanceof CallError && error.status === 0,
        retryDelay: 800,
      },
    },
  });
}

export function useRoute<Name extends JsonRoute>(
  name: Name,
  input: Input<Name>,
  options: { readonly enabled?: boolean; readonly keep?: boolean } = {},
): UseQueryResult<ResponseOf<Name>> {
  return useQuery<ResponseOf<Name>, Error, ResponseOf<Name>, unknown[]>({
    queryKey: [name, input],
    queryFn: ({ signal }) => call(name, input, signal),
    enabled: options.enabled ?? true,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  });
}

/** The contract gives every page of a list a `next`, which the compiler does not see through a type parameter. */
const nextOf = (page: unknown): string | undefined =>
  typeof page === 'object' && page !== null && 'next' in page && typeof page.next === 'string'
    ? page.next
    : undefined;

export type Pages<Name extends PagedRoute> = UseInfiniteQueryResult<InfiniteData<ResponseOf<Name>>>;

/** A list that grows by a page each time `fetchNextPage` is called. */
export function usePages<Name extends PagedRoute>(
  name: Name,
  inputOf: (cursor: string | undefined) => Input<Name>,
): Pages<Name> {
  return useInfiniteQuery<
    ResponseOf<Name>,
    Error,
    InfiniteData<ResponseOf<Name>>,
    unknown[],
    string | undefined
  >({
    queryKey: [name, 'pages', inputOf(undefined)],
    queryFn: ({ pageParam, signal }) => call(name, inputOf(pageParam), signal),
    initialPageParam: undefined,
    getNextPageParam: nextOf,
    placeholderData: keepPreviousData,
  });
}

/** An action. What `touches` names is read anew when it is over, whether it worked or not. */
export function useAction<Name extends JsonRoute>(
  name: Name,
  touches: readonly JsonRoute[],
): UseMutationResult<ResponseOf<Name>, Error, Input<Name>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: Input<Name>) => call(name, input),
    // Not waited for: what is read anew may take the caller off the page before it has told what came of it.
    onSettled: () => {
      for (const touched of touches) void client.invalidateQueries({ queryKey: [touched] });
    },
  });
}

/** Everything that shows skills, for actions that change the library. */
export const SKILL_READS = [
  ...(['skills', 'skill', 'skillFile', 'skillVersions', 'skillLineage', 'skillDiff'] as const),
  ...(['skillBlame', 'skillUses', 'skillChanges', 'overview', 'proposals', 'proposal'] as const),
] as const satisfies readonly JsonRoute[];
