"""Takes the measurements as they are."""


class FeatureExtractor:
    def fit(self, flowers, species):
        return self

    def transform(self, flowers):
        return flowers.to_numpy()
