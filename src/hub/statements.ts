// Signed statements: who published which files, and how an evaluation of them came out. Ed25519 over exact text.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { z } from 'zod';
import { OpenSpaceError } from '../lib/index.ts';
import { RecordId, Sha256, type SignedStatement } from './protocol.ts';

export const PublicationStatement = z.object({
  type: z.literal('openspace.publication/1'),
  record_id: RecordId,
  name: z.string(),
  files_hash: Sha256,
  parents: z.array(z.string()),
  created_at: z.string(),
});
export const AttestationStatement = z.object({
  type: z.literal('openspace.attestation/1'),
  files_hash: Sha256,
  /** Who evaluated with what, for example `openspace-gate 0.1.0`. */
  evaluator: z.string().max(200),
  verdict: z.enum(['passed', 'failed']),
  cases: z.int().min(0),
  passed: z.int().min(0),
  /** Cases that passed with the parent; null without one. */
  baseline_passed: z.int().min(0).nullable(),
  created_at: z.string(),
});
export type AttestationStatement = z.infer<typeof AttestationStatement>;

/** A publisher's key pair. `secret` is the private key as JWK `d` and must stay on its machine. */
export interface SigningKey {
  readonly publicKey: string;
  readonly secret: string;
}

const PREFIX = 'ed25519:';
const Jwk = z.object({ x: z.string(), d: z.string() });

export function createSigningKey(): SigningKey {
  const jwk = Jwk.parse(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
  return { publicKey: PREFIX + jwk.x, secret: jwk.d };
}

/** Signs a statement as JSON text. */
export function signStatement(
  key: SigningKey,
  statement: z.infer<typeof PublicationStatement> | AttestationStatement,
): SignedStatement {
  const text = JSON.stringify(statement);
  const x = key.publicKey.slice(PREFIX.length);
  const secret = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d: key.secret }, format: 'jwk' });
  return {
    public_key: key.publicKey,
    signature: sign(null, Buffer.from(text), secret).toString('base64url'),
    statement: text,
  };
}

/** True if the text was signed with the key it names. Says nothing about whether that key is the right one. */
export function isSigned({ public_key, signature, statement }: SignedStatement): boolean {
  let key: KeyObject;
  try {
    key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: public_key.slice(PREFIX.length) },
      format: 'jwk',
    });
  } catch (error) {
    if (error instanceof Error) return false; // not a point on the curve: nobody can have signed with it
    throw error;
  }
  return verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'));
}

/** The statement, if it is signed and of the expected form. Throws `unsafe` otherwise. */
export function readStatement<T>(signed: SignedStatement, schema: z.ZodType<T>): T {
  if (!isSigned(signed)) throw new OpenSpaceError('unsafe', 'The signature does not fit what it signs.');
  let value: unknown;
  try {
    value = JSON.parse(signed.statement);
  } catch (error) {
    throw new OpenSpaceError('unsafe', 'The signed statement is not JSON.', { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new OpenSpaceError('unsafe', 'The signed statement is of another kind.');
  return parsed.data;
}
