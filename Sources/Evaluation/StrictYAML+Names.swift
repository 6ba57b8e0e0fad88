import LabCore

/// Names that a suite uses and that are other parts' own: unknown ones are refused with their line and key.
extension StrictYAML {
    /// The name of a recipe, or one of the configurations.
    func recipeName() throws -> String {
        let name = try string()
        guard RecipeNames.resolve(name) != nil else {
            throw error("there is no recipe '\(name)'", remedy: "known: \(RecipeNames.choices.joined(separator: ", "))")
        }
        return name
    }

    /// The name of a recipe of MLX folders, or one of the configurations.
    func mlxRecipeName() throws -> String {
        let name = try string()
        guard RecipeNames.isMLX(name) else {
            throw error(
                "there is no MLX recipe '\(name)'",
                remedy: "known: "
                    + (RecipeNames.mlxConfigurations.keys.sorted() + RecipeNames.mlx).joined(separator: ", "))
        }
        return name
    }

    /// The name of a backend, in small letters as the engine's devices are looked for by it.
    func backendName() throws -> String {
        let name = try string()
        guard BackendNames.isKnown(name) else {
            throw error(
                "there is no backend '\(name)'", remedy: "known: \(BackendNames.choices.joined(separator: ", "))")
        }
        return name
    }
}
