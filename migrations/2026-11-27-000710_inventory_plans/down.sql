alter function inventory.reserve_many(uuid[], uuid[], int[], uuid[], int[], timestamptz, timestamptz)
    reset enable_seqscan;
