export const SLUG = /^[a-z0-9]{4,12}$/;
