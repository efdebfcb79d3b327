package catalogue

// ForAge is the age filter, for tests.
const ForAge = forAge
