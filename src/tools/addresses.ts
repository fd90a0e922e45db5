// Which network addresses belong to the public internet, and which to this machine, its network or its cloud host.
import { BlockList, isIP, isIPv6 } from 'node:net';

const PRIVATE_V4 = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier NAT; Alibaba's metadata
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // Azure's host service, on a public address
  ['169.254.0.0', 16], // link-local; the metadata of most clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3], // multicast, reserved, broadcast
] as const;

/** Only 2000::/3 is given out as public; these parts of it are not. */
const PRIVATE_V6 = [
  ['2001::', 23], // protocol assignments, Teredo, ORCHID
  ['2001:db8::', 32],
  ['3fff::', 20],
] as const;

const closedV4 = new BlockList();
for (const [network, prefix] of PRIVATE_V4) closedV4.addSubnet(network, prefix, 'ipv4');
const closedV6 = new BlockList();
for (const [network, prefix] of PRIVATE_V6) closedV6.addSubnet(network, prefix, 'ipv6');
const publicV6 = new BlockList();
publicV6.addSubnet('2000::', 3, 'ipv6');

/** Prefixes (of eight 16-bit groups) behind which an IPv4 address is the real target, and where it stands. */
const EMBEDDED: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 }, // IPv4-mapped
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: 6 }, // SIIT
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 }, // IPv4-compatible
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 }, // NAT64
  { prefix: [0x2002], at: 1 }, // 6to4
];

/** True only for an address literal that is certainly on the public internet. */
export function isPublicAddress(address: string): boolean {
  const plain = address.replace(/^\[|\]$/g, '');
  if (isIP(plain) === 4) return !closedV4.check(plain, 'ipv4');
  if (!isIPv6(plain) || plain.includes('%')) return false; // with a zone it is link-local
  const groups = groupsOf(plain);
  const inner = EMBEDDED.find(({ prefix }) => prefix.every((group, index) => groups[index] === group));
  if (inner !== undefined) {
    const [high = 0, low = 0] = groups.slice(inner.at, inner.at + 2);
    return isPublicAddress([high >> 8, high & 255, low >> 8, low & 255].join('.'));
  }
  return publicV6.check(plain, 'ipv6') && !closedV6.check(plain, 'ipv6');
}

/** The eight groups of a valid IPv6 address; the URL parser has the canonical form. */
function groupsOf(address: string): number[] {
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [left = '', right] = canonical.split('::');
  const parse = (side: string) =>
    side === '' ? [] : side.split(':').map((group) => Number.parseInt(group, 16));
  const head = parse(left);
  const tail = right === undefined ? [] : parse(right);
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** True if `host` fits a pattern: the same name, or `*.example.org` for what lies below it. Case and a final dot don't count. */
export function hostFits(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase();
  const name = host.toLowerCase().replace(/\.$/, '');
  if (wanted === '*') return true;
  return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted;
}
