Something in b.ts.
