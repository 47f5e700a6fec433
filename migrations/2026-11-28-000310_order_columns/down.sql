drop function orders.place_all(
    uuid[], uuid[], text[], uuid[], bigint[], bigint[], bigint[], bigint[], jsonb[], jsonb[], text[], timestamptz[],
    timestamptz[], timestamptz[], int[], int[], uuid[], text[], text[], text[], text[], int[], bigint[], int[], uuid[],
    text, uuid[], text[], jsonb[], int, int[]
);
