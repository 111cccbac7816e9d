//! JSON sixty-four bytes at a time: where its marks are, a bit a byte, the first the lowest.
//!
//! One byte after the other is waited for; of many at once a processor sees in a few steps where texts begin and end and what
//! stands between them, and only the marks between texts are gone through in turn.

use wide::u8x16;

/// So many bytes are looked at together.
pub(super) type Block = [u8; 64];

/// The bytes for which `is` has all bits set.
#[inline]
pub(super) fn find(block: &Block, is: impl Fn(u8x16) -> u8x16) -> u64 {
    let chunks = block.as_chunks::<16>().0.iter().rev();
    chunks.fold(0, |bits, chunk| bits << 16 | u64::from(is(u8x16::new(*chunk)).to_bitmask()))
}

/// The bytes that are `byte`.
#[inline]
pub(super) fn find_byte(block: &Block, byte: u8) -> u64 {
    find(block, |chunk| chunk.simd_eq(u8x16::splat(byte)))
}

/// The control characters of ASCII but the last.
#[inline]
pub(super) fn is_control(chunk: u8x16) -> u8x16 {
    chunk.min(u8x16::splat(0x1f)).simd_eq(chunk)
}

/// The bytes behind a backslash that is not behind one itself.
#[inline]
pub(super) const fn escaped(backslashes: u64) -> u64 {
    // Of each row of backslashes, the bytes at an odd distance behind its first: subtracting the row from what is behind its
    // bytes and from all odd places runs along it, and comes out at its end as even and odd rows do.
    const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    let rows = ((backslashes << 1) | ODD).wrapping_sub(backslashes) ^ ODD;
    rows ^ backslashes
}

/// From each bit that is set to before the next, in turn.
#[inline]
pub(super) const fn inside(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    bits
}

/// Whether the last byte is a backslash that escapes what is in the next block.
#[inline]
pub(super) const fn is_cut(backslashes: u64, escaped: u64) -> bool {
    (backslashes & !escaped) >> (u64::BITS - 1) == 1
}
