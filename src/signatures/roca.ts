/*
 * Infineon's RSA library made primes of the form k * M + (65537^a mod M), M the product of the first primes (CVE-2017-15361).
 * Such a modulus is a power of 65537 modulo each of them; of other moduli one in 200 million is.
 * Source: Nemec et al., "The Return of Coppersmith's Attack", 2017, section 3.
 */

/** The primes modulo which 65537 generates less than everything, so that they tell. */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157] as const;

const GENERATOR = 65_537;

/** Whether an RSA modulus is of the weak form. */
export function isRocaModulus(modulus: bigint): boolean {
  return PRIMES.every((prime) => powersOf(GENERATOR % prime, prime).has(Number(modulus % BigInt(prime))));
}

function powersOf(base: number, prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * base) % prime) powers.add(power);
  return powers;
}
