// waiting for its first file
