// This machine's signing key: made once, kept in the data home, registered at the hub.
import type { HubClient } from './client.ts';
import { HubError } from './http.ts';
import { readHubState, writeHubState } from './hub-state.ts';
import { createSigningKey, type SigningKey } from './statements.ts';

/** The key, made and registered where needed. Undefined at hubs that know no signatures. */
export async function registeredSigningKey(client: HubClient, home: string): Promise<SigningKey | undefined> {
  const state = readHubState(home);
  const saved = state.signing_key;
  const key = saved === null ? createSigningKey() : { publicKey: saved.public_key, secret: saved.secret };
  if (saved === null)
    writeHubState(home, { ...state, signing_key: { public_key: key.publicKey, secret: key.secret } });
  try {
    await client.call('addSigningKey', { body: { public_key: key.publicKey } });
    return key;
  } catch (error) {
    if (error instanceof HubError && error.status === 404) return undefined;
    throw error;
  }
}
