"""A linear model."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Classifier:
    def __init__(self):
        self.model = make_pipeline(StandardScaler(), LogisticRegression())

    def fit(self, features, species):
        self.model.fit(features, species)

    def predict_proba(self, features):
        return self.model.predict_proba(features)
