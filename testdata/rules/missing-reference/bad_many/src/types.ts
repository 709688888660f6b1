Something in types.ts.
