"""A forest, where the example has a linear model."""

from sklearn.ensemble import RandomForestClassifier


class Classifier:
    def __init__(self):
        self.model = RandomForestClassifier(n_estimators=20, random_state=7)

    def fit(self, features, species):
        self.model.fit(features, species)

    def predict_proba(self, features):
        return self.model.predict_proba(features)
