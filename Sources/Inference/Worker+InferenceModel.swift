public import LabCore

extension Worker: InferenceModel {}
